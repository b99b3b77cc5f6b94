set -l __cvmtail_own
if command -q cvmtail
set __cvmtail_own (COMPLETE=fish cvmtail 2>/dev/null | string collect)
end
if test -n "$__cvmtail_own"
echo $__cvmtail_own | source
else
# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_cvmtail_global_optspecs
    string join \n c/cvm= discover= refresh cvm-file= exclude-cvm= user= port= identity= F/ssh-config= J/jump= ssh-option= connect-timeout= parallel= dead-after= n/lines= s/since= until= no-follow for= m/max-count= no-reconnect retry-limit= g/grep= v/exclude= i/ignore-case S/smart-case w/word-regexp fixed-strings A/after-context= B/before-context= C/context= level= M/records rate-limit= dedup highlight= o/output= json template= t/timestamps= order= order-window= prefix= color= stats= q/quiet verbose config= no-refresh follow reconnect no-ignore-case no-smart-case no-word-regexp no-fixed-strings no-records no-dedup no-timestamps no-json no-stats no-quiet no-verbose h/help V/version
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

complete -c cvmtail -n "__fish_cvmtail_needs_command" -s c -l cvm -d 'CVMs, by comma: [user@]host[:port], 10.0.0.[1-4,7], @cluster, local; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l discover -d 'Ask this CVM who its cluster is, and take them all; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l cvm-file -d 'Read CVMs from a file, one per line, `#` comments; - is stdin; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l exclude-cvm -d 'Leave these CVMs out, in the forms of -c; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l user -d 'User for CVMs that name none' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l port -d 'Port for CVMs that name none' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l identity -d 'Private key for ssh, as ssh -i; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s F -l ssh-config -d 'ssh config file, as ssh -F' -r -F
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s J -l jump -d 'Go through this host, as ssh -J' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l ssh-option -d 'Any option of ssh, as ssh -o; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l connect-timeout -d 'Give up on a connection that is not set up within this time' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l parallel -d 'How many connections are set up at once (sshd by default drops some beyond 10)' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l dead-after -d 'Take a CVM for dead after this long without an answer, and reconnect' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s n -l lines -d 'Begin with the last N lines of each log; +N: from line N on' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s s -l since -d 'Begin with the first line at or after this time' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l until -d 'End with the last line before this time, written as for --since' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l for -d 'End after this long' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s m -l max-count -d 'End after N printed lines' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l retry-limit -d 'Reconnect at most N times in a row' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s g -l grep -d 'Keep only lines that match; repeats are alternatives' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s v -l exclude -d 'Drop lines that match, as grep -v; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s A -l after-context -d 'Print N lines after each match, per stream' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s B -l before-context -d 'Print N lines before each match, per stream' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s C -l context -d 'Print N lines around each match, per stream' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l level -d 'Keep only lines of this level or a graver one: trace, debug, info, warning, error, fatal' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l rate-limit -d 'Print at most N lines a second of each stream, and tell how many were held back' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l highlight -d 'Colour what matches, filter nothing; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s o -l output -d 'Form of the output' -r -f -a "text\t'A prefix, then the line'
ndjson\t'One JSON object per line, events included'
raw\t'The line alone, byte for byte'"
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l template -d 'Print each line as this text with {fields}, such as \'{time} {cvm} {log} {level} {line}\'' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s t -l timestamps -d 'Put each line\'s own time in front of it: utc (the default), local, or a strftime format' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l order -d 'Merge the streams as lines arrive, or by the lines\' own time' -r -f -a "arrival\t'As lines arrive'
time\t'By the lines\' own time'"
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l order-window -d 'How long --order time waits for lines of other streams; what comes later is marked' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l prefix -d 'What stands before each line of text' -r -f -a "full\t'CVM and log'
cvm\t'The CVM'
log\t'The log'
none\t'Nothing'"
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l color -d 'When to use colours; auto honours `NO_COLOR`, `CLICOLOR_FORCE` and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Into pipes and files too'
never\t'Not at all'"
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l stats -d 'Print a summary on stderr at the end, and every INTERVAL' -r
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l config -d 'Read this config file instead of ~/.config/cvmtail/config.toml; /dev/null for none' -r -F
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l refresh -d 'Ask again who is in a cluster, instead of taking the answer of the last hour'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l no-follow -d 'End at the end of each log instead of waiting for more'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l no-reconnect -d 'Do not reconnect: a stream that breaks has failed'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s i -l ignore-case -d 'Letter case does not count in patterns'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s S -l smart-case -d 'Letter case counts only in patterns with a capital letter'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s w -l word-regexp -d 'Patterns match whole words only'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l fixed-strings -d 'Patterns are plain text, not regexes'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s M -l records -d 'Match, count and print whole records: a traceback comes with its head line'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l dedup -d 'Fold repeats of a line within a stream; times and numbers of threads do not count'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l json -d 'Short for --output ndjson'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -s q -l quiet -d 'No events on stderr'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -l verbose -d 'On stderr, also what ssh itself says'
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
complete -c cvmtail -n "__fish_cvmtail_needs_command" -a "check" -d 'Find out, step by step, whether CVMs and logs can be reached, and if not, why'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -a "snapshot" -d 'Report how the chosen logs are: a bounded look at all CVMs at once, and an exit status that says it'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -a "logs" -d 'List the known logs: the catalogue and the logs of the config; with -c: what is there'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -a "cvms" -d 'List the CVMs that the flags, the environment and the config resolve to'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -a "completions" -d 'Print a completion script'
complete -c cvmtail -n "__fish_cvmtail_needs_command" -a "man" -d 'Print the man page'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -s c -l cvm -d 'CVMs, by comma: [user@]host[:port], 10.0.0.[1-4,7], @cluster, local; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l discover -d 'Ask this CVM who its cluster is, and take them all; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l cvm-file -d 'Read CVMs from a file, one per line, `#` comments; - is stdin; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l exclude-cvm -d 'Leave these CVMs out, in the forms of -c; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l user -d 'User for CVMs that name none' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l port -d 'Port for CVMs that name none' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l identity -d 'Private key for ssh, as ssh -i; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -s F -l ssh-config -d 'ssh config file, as ssh -F' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -s J -l jump -d 'Go through this host, as ssh -J' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l ssh-option -d 'Any option of ssh, as ssh -o; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l connect-timeout -d 'Give up on a connection that is not set up within this time' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l parallel -d 'How many connections are set up at once (sshd by default drops some beyond 10)' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l dead-after -d 'Take a CVM for dead after this long without an answer, and reconnect' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -s o -l output -d 'Form of the output' -r -f -a "text\t'A block of lines per CVM'
ndjson\t'One JSON object per step, and a summary'"
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l color -d 'When to use colours; auto honours `NO_COLOR`, `CLICOLOR_FORCE` and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Into pipes and files too'
never\t'Not at all'"
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l config -d 'Read this config file instead of ~/.config/cvmtail/config.toml; /dev/null for none' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l refresh -d 'Ask again who is in a cluster, instead of taking the answer of the last hour'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l json -d 'Short for --output ndjson'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -l verbose -d 'On stderr, also what ssh itself says'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -s c -l cvm -d 'CVMs, by comma: [user@]host[:port], 10.0.0.[1-4,7], @cluster, local; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l discover -d 'Ask this CVM who its cluster is, and take them all; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l cvm-file -d 'Read CVMs from a file, one per line, `#` comments; - is stdin; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l exclude-cvm -d 'Leave these CVMs out, in the forms of -c; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l user -d 'User for CVMs that name none' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l port -d 'Port for CVMs that name none' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l identity -d 'Private key for ssh, as ssh -i; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -s F -l ssh-config -d 'ssh config file, as ssh -F' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -s J -l jump -d 'Go through this host, as ssh -J' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l ssh-option -d 'Any option of ssh, as ssh -o; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l connect-timeout -d 'Give up on a connection that is not set up within this time' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l parallel -d 'How many connections are set up at once (sshd by default drops some beyond 10)' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l dead-after -d 'Take a CVM for dead after this long without an answer, and reconnect' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -s s -l since -d 'Look at the lines from this time on' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l until -d 'Look at the lines before this time only, written as for --since' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l timeout -d 'Report after this long, whatever is not read by then' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l max-errors -d 'More errors than this (with what is fatal; a traceback counts once) are a breach' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l max-warnings -d 'More warnings than this are a breach' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l max-silence -d 'A log that is silent for longer than this is a breach' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l fail-on -d 'A line that matches this is a breach; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -s o -l output -d 'Form of the report' -r -f -a "text\t'A table, and what stands out'
json\t'One JSON object'
ndjson\t'One JSON object per breach, CVM, log and finding, and a summary'
prometheus\t'Metrics for Prometheus\'s textfile collector'
junit\t'Test results as XML (junit), one test case per CVM and log'
markdown\t'Markdown, for the summary of a CI job'"
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l output-file -d 'Write the report to this file instead of stdout; it is replaced as a whole, never seen half-written' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l compare -d 'Tell what is new, gone, more or less since this earlier report (of -o json)' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l color -d 'When to use colours; auto honours `NO_COLOR`, `CLICOLOR_FORCE` and TERM=dumb' -r -f -a "auto\t'On a terminal'
always\t'Into pipes and files too'
never\t'Not at all'"
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l config -d 'Read this config file instead of ~/.config/cvmtail/config.toml; /dev/null for none' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l refresh -d 'Ask again who is in a cluster, instead of taking the answer of the last hour'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l json -d 'Short for --output json'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -s q -l quiet -d 'Say nothing on stderr but errors of the run itself'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -l verbose -d 'On stderr, also what ssh itself says'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand snapshot" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -s c -l cvm -d 'CVMs, by comma: [user@]host[:port], 10.0.0.[1-4,7], @cluster, local; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l discover -d 'Ask this CVM who its cluster is, and take them all; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l cvm-file -d 'Read CVMs from a file, one per line, `#` comments; - is stdin; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l exclude-cvm -d 'Leave these CVMs out, in the forms of -c; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l user -d 'User for CVMs that name none' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l port -d 'Port for CVMs that name none' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l identity -d 'Private key for ssh, as ssh -i; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -s F -l ssh-config -d 'ssh config file, as ssh -F' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -s J -l jump -d 'Go through this host, as ssh -J' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l ssh-option -d 'Any option of ssh, as ssh -o; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l connect-timeout -d 'Give up on a connection that is not set up within this time' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l parallel -d 'How many connections are set up at once (sshd by default drops some beyond 10)' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l dead-after -d 'Take a CVM for dead after this long without an answer, and reconnect' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l config -d 'Read this config file instead of ~/.config/cvmtail/config.toml; /dev/null for none' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l refresh -d 'Ask again who is in a cluster, instead of taking the answer of the last hour'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -l json -d 'Print one JSON object per log'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -s c -l cvm -d 'CVMs, by comma: [user@]host[:port], 10.0.0.[1-4,7], @cluster, local; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l discover -d 'Ask this CVM who its cluster is, and take them all; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l cvm-file -d 'Read CVMs from a file, one per line, `#` comments; - is stdin; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l exclude-cvm -d 'Leave these CVMs out, in the forms of -c; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l user -d 'User for CVMs that name none' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l port -d 'Port for CVMs that name none' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l identity -d 'Private key for ssh, as ssh -i; repeatable' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -s F -l ssh-config -d 'ssh config file, as ssh -F' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -s J -l jump -d 'Go through this host, as ssh -J' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l ssh-option -d 'Any option of ssh, as ssh -o; repeatable' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l connect-timeout -d 'Give up on a connection that is not set up within this time' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l parallel -d 'How many connections are set up at once (sshd by default drops some beyond 10)' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l dead-after -d 'Take a CVM for dead after this long without an answer, and reconnect' -r
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l config -d 'Read this config file instead of ~/.config/cvmtail/config.toml; /dev/null for none' -r -F
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l refresh -d 'Ask again who is in a cluster, instead of taking the answer of the last hour'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -l json -d 'Print one JSON object per CVM'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand cvms" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cvmtail -n "__fish_cvmtail_using_subcommand man" -s h -l help -d 'Print help'

end
