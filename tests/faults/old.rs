//! The script under the shells there are, and with the tools of an old release.

use std::path::Path;
use std::time::Duration;

use crate::world::World;
use crate::world::checker::Checker;
use crate::world::client::find;
use crate::world::cvm::Cvm;
use crate::world::poll::{SOON, must};
use crate::world::rotate::Rotation;
use crate::world::writer::Writer;

/// A `tail` that behaves as coreutils 8.22 does where that differs: it polls, does not notice that nobody
/// reads any more unless it writes, and after a truncation goes on at the new end. All else is left to the
/// real one.
const OLD_TAIL: &str = r#"#!/usr/bin/perl
use strict; use POSIX ();
my @all = @ARGV;
my ($from, $follow, $pid) = (1, 0, 0);
while (@ARGV) {
    my $word = shift @ARGV;
    if ($word eq '-c') { $from = shift @ARGV; $from =~ s/^\+// or exec '/usr/bin/tail', @all; }
    elsif ($word eq '-f') { $follow = 1 }
    elsif ($word eq '-s') { shift @ARGV }
    elsif ($word =~ /^--pid=(\d+)$/) { $pid = $1 }
    elsif ($word eq '--') { last }
    else { exec '/usr/bin/tail', @all }
}
exec '/usr/bin/tail', @all unless $follow && @ARGV;
my $file = $ARGV[0];
$SIG{PIPE} = 'DEFAULT';
# The real one has its file on descriptor 3, where perl has this text.
my $opened = POSIX::open($file, POSIX::O_RDONLY());
if (!defined $opened) { print STDERR "$0: cannot open \xe2\x80\x98$file\xe2\x80\x99 for reading: $!\n"; exit 1 }
if ($opened != 3) { POSIX::dup2($opened, 3); POSIX::close($opened); }
POSIX::lseek(3, $from - 1, POSIX::SEEK_SET());
my $place = $from - 1;
while (1) {
    my $size = (POSIX::fstat(3))[7];
    if ($size < $place) {
        print STDERR "$0: $file: file truncated\n";
        $place = $size;
        POSIX::lseek(3, $place, POSIX::SEEK_SET());
    }
    while ((my $count = POSIX::read(3, my $buffer, 65536)) > 0) {
        my $sent = 0;
        while ($sent < $count) {
            my $n = POSIX::write(1, substr($buffer, $sent), $count - $sent);
            exit 1 if !defined $n;
            $sent += $n;
        }
        $place += $count;
    }
    exit 0 if $pid && !kill(0, $pid) && $! == POSIX::ESRCH();
    select undef, undef, undef, 0.25;
}
"#;

/// A `stat` that complains with the quotes of 8.22.
const OLD_STAT: &str = "#!/bin/bash\n\
    { /usr/bin/stat \"$@\" 2>&1 >&3 3>&- | sed \"s/'\\(.*\\)'/‘\\1’/\" >&2; exit \"${PIPESTATUS[0]}\"; } 3>&1\n";

/// Puts another shell in the place of `sh` on a CVM; after each boot anew.
fn dress(cvm: &Cvm, shell: &str) {
    let own = std::fs::canonicalize("/bin/sh").expect("a sh");
    let done = cvm.exec(&["mount", "--bind", &find(shell).display().to_string(), &own.display().to_string()]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// A story of rotations, cuts, kills and a reboot under that shell, with the tools of an old release or not.
fn tells_the_story_under(shell: &str, old: bool) {
    let Some(world) = World::namespaces() else { return };
    let cvm = world.cvm("ntnx-a-cvm").relayed().start();
    if old {
        std::fs::create_dir_all(cvm.folder().join("local/bin")).expect("a folder");
        cvm.install("bin/tail", OLD_TAIL);
        cvm.install("bin/stat", OLD_STAT);
    }
    dress(&cvm, shell);
    let mut writers = [
        Writer::new(&cvm.log("genesis.out"), 1),
        Writer::glog(&cvm.log("stargate.INFO"), 2),
        Writer::new(&cvm.log("cerebro.out"), 3),
    ];
    // Long enough that a log that was cut does not grow beyond the place before anybody can look.
    for writer in &mut writers {
        writer.append(500);
    }
    let paths: Vec<String> = writers.iter().map(|writer| writer.log.path.clone()).collect();
    let run = world
        .cvmtail(&["--json", "-n", "+1", "--dead-after", "3s", "-c", &cvm.target()])
        .args(&paths)
        .start();
    let all_came = |writers: &[Writer; 3], run: &crate::world::running::Running, what: &str| {
        let count: u64 = writers.iter().map(|writer| writer.ledger.count()).sum();
        run.wait_for(what, SOON * 2, |out| {
            let lines = memchr::memmem::find_iter(out, b"\"type\":\"line\"").count();
            lines as u64 >= count
        });
        // All came once, so far: whatever comes again comes as a surplus below.
    };
    all_came(&writers, &run, "the first lines");
    let is_tail = |command: &str| command.contains("tail -c");
    must(SOON, "each log has its tail", || {
        cvm.commands().iter().filter(|process| is_tail(&process.command)).count() >= writers.len()
    });
    let seen = cvm.commands();
    let is_old = |command: &str| is_tail(command) && command.contains("/usr/local/bin");
    assert!(seen.iter().any(|process| is_old(&process.command)) == old, "the tail that is meant: {seen:?}");
    let faults: [(&str, &dyn Fn()); 5] = [
        ("nothing", &|| {}),
        ("a cut", &|| {
            cvm.relay().cut();
        }),
        ("killed tails", &|| {
            // The script is a perl to the kernel, or has the name of its text.
            cvm.kill_commands("tail");
        }),
        ("killed sessions", &|| {
            cvm.kill_sessions();
        }),
        ("a reboot", &|| {
            cvm.shut_down();
            cvm.relay().cut();
            cvm.boot();
            dress(&cvm, shell);
        }),
    ];
    for (what, fault) in faults {
        for writer in &mut writers {
            writer.append(20);
        }
        all_came(&writers, &run, &format!("the lines before {what}"));
        writers[0].begin_line();
        writers[0].rotate(Rotation::Late(3));
        writers[1].rotate(Rotation::Link);
        writers[2].append(500);
        all_came(&writers, &run, &format!("a long log before {what}"));
        writers[2].rotate(Rotation::CopyTruncate);
        for writer in &mut writers {
            writer.append(20);
        }
        fault();
        for writer in &mut writers {
            writer.append(20);
        }
        all_came(&writers, &run, &format!("the lines after rotations and {what}"));
    }
    let report = Checker::new(writers.iter().map(|writer| &writer.ledger)).ndjson(&run.stdout());
    report.assert_exact();
    // The log is quiet now, and still nothing may stay: neither where a tail notices nor where it does not.
    run.interrupt();
    run.finish(SOON).expect(130);
    must(Duration::from_secs(30), "nothing is left on the CVM", || cvm.processes().is_empty());
    assert!(world.here().is_empty());
}

#[test]
fn the_script_does_as_well_under_bash() {
    tells_the_story_under("bash", false);
}

#[test]
fn the_script_does_as_well_under_dash() {
    tells_the_story_under("dash", false);
}

#[test]
fn the_script_does_as_well_under_busybox() {
    if Path::new("/usr/bin/busybox").exists() || Path::new("/bin/busybox").exists() {
        tells_the_story_under("busybox", false);
    } else {
        eprintln!("not shown here: this needs busybox");
    }
}

#[test]
fn the_script_does_as_well_with_the_tools_of_an_old_release() {
    for shell in ["bash", "dash"] {
        tells_the_story_under(shell, true);
    }
}
