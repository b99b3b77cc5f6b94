set -l __cvmtail_own
if command -q cvmtail
set __cvmtail_own (COMPLETE=fish cvmtail 2>/dev/null | string collect)
end
if test -n "$__cvmtail_own"
echo $__cvmtail_own | source
else
# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_cvmtail_global_optspecs
    string join \n c/cvm= discover= refresh cvm-file= exclude-cvm= user= port= identity= F/ssh-config= J/jump= ssh-option= connect-timeout= parallel= dead-after= n/lines= s/since= until= no-follow for= m/max-count= no-reconnect retry-limit= g/grep= v/exclude= i/ignore-case S/smart-case w/word-regexp fixed-strings A/after-context= B/before-context= C/context= level= M/records rate-limit= dedup highlight= o/output= json template= t/timestamps= order= order-window= prefix= color= stats= q/quiet verbose config= debug= no-refresh follow reconnect no-ignore-case no-smart-case no-word-regexp no-fixed-strings no-records no-dedup no-timestamps no-json no-stats no-quiet no-verbose h/help V/version
end

function __fish_cvmtail_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_cvmtail_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_cvmtail_using_subcommand
    set -l cmd (__fish_cvmtail_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c cvmtail -n "__fish_cvmtail_needs_command" -s c -l cvm -d 'CVMs to connect to, comma-separated: [user@]host[:port], 10.0.0.[1-4,7], @cluster, local; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l discover -d 'Ask this CVM which CVMs its cluster has, and connect to all of them; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l cvm-file -d 'Read CVMs from a file, one per line, with `#` comments; - is stdin; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l exclude-cvm -d 'Exclude these CVMs, in the forms of -c; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l user -d 'Login user for CVMs given without one' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l port -d 'Port for CVMs given without one' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l identity -d 'Private key, as for ssh -i; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s F -l ssh-config -d 'ssh config file, as for ssh -F' -r -F
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s J -l jump -d 'Connect through this jump host, as for ssh -J' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l ssh-option -d 'Any ssh option, as for ssh -o; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l connect-timeout -d 'Give up on a connection that is not established within this time' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l parallel -d 'Number of connections to establish at the same time (sshd drops some beyond 10 by default)' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l dead-after -d 'Consider a CVM dead after this long without an answer, and reconnect' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s n -l lines -d 'Start with the last N lines of each log; +N: with line N' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s s -l since -d 'Start with the first line at or after this time' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l until -d 'Stop at the last line before this time, in the forms of --since' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l for -d 'Stop after this long' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s m -l max-count -d 'Stop after N printed lines' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l retry-limit -d 'Retry at most N times in a row' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s g -l grep -d 'Keep lines that match; repeats are alternatives' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s v -l exclude -d 'Drop lines that match, as grep -v; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s A -l after-context -d 'Print N lines of context after each match, per stream' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s B -l before-context -d 'Print N lines of context before each match, per stream' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s C -l context -d 'Print N lines of context before and after each match, per stream' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l level -d 'Keep lines of this severity or higher: trace, debug, info, warning, error, fatal' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l rate-limit -d 'Print at most N lines per second of each stream, and report how many were suppressed' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l highlight -d 'Highlight what matches without filtering; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s o -l output -d 'Output format' -r -f -a "text\t'Each line with a prefix'
ndjson\t'One JSON object per line, events included'
raw\t'Lines alone, byte for byte'"
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l template -d 'Print each line as this text with {fields}, such as \'{time} {cvm} {log} {level} {line}\'' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s t -l timestamps -d 'Print each line\'s own time in front of it: utc (the default), local, or a strftime format' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l order -d 'Order in which streams are merged' -r -f -a "arrival\t'As lines arrive'
time\t'By each line\'s own time'"
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l order-window -d 'How long --order time waits for lines of other streams; lines that come later are marked' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l prefix -d 'Prefix of each line' -r -f -a "full\t'CVM and log'
cvm\t'CVM'
log\t'Log'
none\t'None'"
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l color -d 'When to use colors; auto honors `NO_COLOR`, `CLICOLOR_FORCE` and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also into pipes and files'
never\t'Not at all'"
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l stats -d 'Print a summary on stderr at the end, and every INTERVAL' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l config -d 'Read this config file instead of ~/.config/cvmtail/config.toml; /dev/null for none' -r -F
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l debug -d 'Append a trace of connections, requests to CVMs and their replies to this file' -r -F
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l refresh -d 'Ask for the CVMs of a cluster again instead of using the answer of the last hour'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l no-follow -d 'Stop at the end of each log instead of waiting for more'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l no-reconnect -d 'Do not reconnect: a stream that breaks has failed'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s i -l ignore-case -d 'Match case-insensitively'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s S -l smart-case -d 'Match case-insensitively unless the pattern has an uppercase letter'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s w -l word-regexp -d 'Match whole words only'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l fixed-strings -d 'Treat patterns as literal strings, not as regexes'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s M -l records -d 'Match, count and print whole records: a traceback together with its first line'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l dedup -d 'Collapse repeats of a line within a stream, ignoring times and thread numbers'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l json -d 'Same as --output ndjson'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s q -l quiet -d 'Suppress status messages'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l verbose -d 'Also print ssh\'s own messages on stderr'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l no-refresh -d 'Undo --refresh'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l follow -d 'Undo --no-follow'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l reconnect -d 'Undo --no-reconnect'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l no-ignore-case -d 'Undo --ignore-case'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l no-smart-case -d 'Undo --smart-case'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l no-word-regexp -d 'Undo --word-regexp'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l no-fixed-strings -d 'Undo --fixed-strings'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l no-records -d 'Undo --records'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l no-dedup -d 'Undo --dedup'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l no-timestamps -d 'Undo --timestamps'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l no-json -d 'Undo --json'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l no-stats -d 'Undo --stats'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l no-quiet -d 'Undo --quiet'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l no-verbose -d 'Undo --verbose'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s V -l version -d 'Print version'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -a "check" -d 'Check step by step whether CVMs and logs can be reached, and if not, why'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -a "snapshot" -d 'Report the health of logs: read a time window on all CVMs at once, then exit with a verdict'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -a "logs" -d 'List the logs known by name, from the catalogue and the config; with -c, the files on those CVMs'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -a "cvms" -d 'List the CVMs that the flags, the environment and the config resolve to'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -a "completions" -d 'Print a shell completion script'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -a "man" -d 'Print the man page'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -s c -l cvm -d 'CVMs to connect to, comma-separated: [user@]host[:port], 10.0.0.[1-4,7], @cluster, local; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l discover -d 'Ask this CVM which CVMs its cluster has, and connect to all of them; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l cvm-file -d 'Read CVMs from a file, one per line, with `#` comments; - is stdin; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l exclude-cvm -d 'Exclude these CVMs, in the forms of -c; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l user -d 'Login user for CVMs given without one' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l port -d 'Port for CVMs given without one' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l identity -d 'Private key, as for ssh -i; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -s F -l ssh-config -d 'ssh config file, as for ssh -F' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -s J -l jump -d 'Connect through this jump host, as for ssh -J' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l ssh-option -d 'Any ssh option, as for ssh -o; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l connect-timeout -d 'Give up on a connection that is not established within this time' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l parallel -d 'Number of connections to establish at the same time (sshd drops some beyond 10 by default)' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l dead-after -d 'Consider a CVM dead after this long without an answer, and reconnect' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -s o -l output -d 'Output format' -r -f -a "text\t'A block of lines per CVM'
ndjson\t'One JSON object per step, and a summary'"
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l color -d 'When to use colors; auto honors `NO_COLOR`, `CLICOLOR_FORCE` and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also into pipes and files'
never\t'Not at all'"
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l config -d 'Read this config file instead of ~/.config/cvmtail/config.toml; /dev/null for none' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l debug -d 'Append a trace of connections, requests to CVMs and their replies to this file' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l refresh -d 'Ask for the CVMs of a cluster again instead of using the answer of the last hour'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l json -d 'Same as --output ndjson'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l verbose -d 'Also print ssh\'s own messages on stderr'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -s c -l cvm -d 'CVMs to connect to, comma-separated: [user@]host[:port], 10.0.0.[1-4,7], @cluster, local; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l discover -d 'Ask this CVM which CVMs its cluster has, and connect to all of them; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l cvm-file -d 'Read CVMs from a file, one per line, with `#` comments; - is stdin; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l exclude-cvm -d 'Exclude these CVMs, in the forms of -c; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l user -d 'Login user for CVMs given without one' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l port -d 'Port for CVMs given without one' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l identity -d 'Private key, as for ssh -i; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -s F -l ssh-config -d 'ssh config file, as for ssh -F' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -s J -l jump -d 'Connect through this jump host, as for ssh -J' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l ssh-option -d 'Any ssh option, as for ssh -o; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l connect-timeout -d 'Give up on a connection that is not established within this time' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l parallel -d 'Number of connections to establish at the same time (sshd drops some beyond 10 by default)' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l dead-after -d 'Consider a CVM dead after this long without an answer, and reconnect' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -s s -l since -d 'Start of the window' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l until -d 'End of the window, in the forms of --since; by default the end of each log' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l timeout -d 'Report after this long, even if not everything has been read' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l max-errors -d 'Breach if there are more errors than this (fatal ones included; a traceback counts once)' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l max-warnings -d 'Breach if there are more warnings than this' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l max-silence -d 'Breach if a log has been silent for longer than this' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l fail-on -d 'Breach if a line matches; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -s o -l output -d 'Report format' -r -f -a "text\t'A table, and the findings'
json\t'One JSON object'
ndjson\t'One JSON object per breach, CVM, log and finding, and a summary'
prometheus\t'Metrics for Prometheus\'s textfile collector'
junit\t'Test results as XML (junit), one test case per CVM and log'
markdown\t'Markdown, for the summary of a CI job'"
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l output-file -d 'Write the report to this file instead of stdout, replacing it atomically' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l compare -d 'Show what is new, gone, or changed in number since this earlier report (written with -o json)' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l color -d 'When to use colors; auto honors `NO_COLOR`, `CLICOLOR_FORCE` and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Also into pipes and files'
never\t'Not at all'"
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l config -d 'Read this config file instead of ~/.config/cvmtail/config.toml; /dev/null for none' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l debug -d 'Append a trace of connections, requests to CVMs and their replies to this file' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l refresh -d 'Ask for the CVMs of a cluster again instead of using the answer of the last hour'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l json -d 'Same as --output json'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -s q -l quiet -d 'Suppress status messages'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l verbose -d 'Also print ssh\'s own messages on stderr'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -s c -l cvm -d 'CVMs to connect to, comma-separated: [user@]host[:port], 10.0.0.[1-4,7], @cluster, local; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l discover -d 'Ask this CVM which CVMs its cluster has, and connect to all of them; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l cvm-file -d 'Read CVMs from a file, one per line, with `#` comments; - is stdin; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l exclude-cvm -d 'Exclude these CVMs, in the forms of -c; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l user -d 'Login user for CVMs given without one' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l port -d 'Port for CVMs given without one' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l identity -d 'Private key, as for ssh -i; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -s F -l ssh-config -d 'ssh config file, as for ssh -F' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -s J -l jump -d 'Connect through this jump host, as for ssh -J' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l ssh-option -d 'Any ssh option, as for ssh -o; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l connect-timeout -d 'Give up on a connection that is not established within this time' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l parallel -d 'Number of connections to establish at the same time (sshd drops some beyond 10 by default)' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l dead-after -d 'Consider a CVM dead after this long without an answer, and reconnect' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l config -d 'Read this config file instead of ~/.config/cvmtail/config.toml; /dev/null for none' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l debug -d 'Append a trace of connections, requests to CVMs and their replies to this file' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l refresh -d 'Ask for the CVMs of a cluster again instead of using the answer of the last hour'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l json -d 'Print one JSON object per log'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -s c -l cvm -d 'CVMs to connect to, comma-separated: [user@]host[:port], 10.0.0.[1-4,7], @cluster, local; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l discover -d 'Ask this CVM which CVMs its cluster has, and connect to all of them; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l cvm-file -d 'Read CVMs from a file, one per line, with `#` comments; - is stdin; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l exclude-cvm -d 'Exclude these CVMs, in the forms of -c; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l user -d 'Login user for CVMs given without one' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l port -d 'Port for CVMs given without one' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l identity -d 'Private key, as for ssh -i; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -s F -l ssh-config -d 'ssh config file, as for ssh -F' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -s J -l jump -d 'Connect through this jump host, as for ssh -J' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l ssh-option -d 'Any ssh option, as for ssh -o; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l connect-timeout -d 'Give up on a connection that is not established within this time' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l parallel -d 'Number of connections to establish at the same time (sshd drops some beyond 10 by default)' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l dead-after -d 'Consider a CVM dead after this long without an answer, and reconnect' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l config -d 'Read this config file instead of ~/.config/cvmtail/config.toml; /dev/null for none' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l debug -d 'Append a trace of connections, requests to CVMs and their replies to this file' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l refresh -d 'Ask for the CVMs of a cluster again instead of using the answer of the last hour'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l json -d 'Print one JSON object per CVM'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand completions" -l debug -d 'Append a trace of connections, requests to CVMs and their replies to this file' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand man" -l debug -d 'Append a trace of connections, requests to CVMs and their replies to this file' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'

end
