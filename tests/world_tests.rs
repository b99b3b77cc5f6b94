//! The world keeps its own promises: sealed, real, and gone when it ends.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::world::World;
use crate::world::checker::Checker;
use crate::world::grade::Grade;
use crate::world::poll::{SOON, eventually, must};
use crate::world::process;
use crate::world::rotate::{Packer, Rotation};
use crate::world::running::Running;
use crate::world::schedule::Schedule;
use crate::world::writer::{Content, Log, Writer};

/// Both grades, as far as this machine has them.
fn worlds() -> Vec<World> {
    World::namespaces().into_iter().chain([World::ports()]).collect()
}

/// Follows one log with plain ssh and tail, the way people do without cvmtail.
fn plain_tail(world: &World, cvm: &str, log: &Log) -> Running {
    let command = format!("exec tail -n +1 -F '{}'", log.path);
    world.run("ssh", &[cvm, &command]).stdin_open().start()
}

#[test]
fn two_cvms_hold_different_files_and_plain_ssh_reads_each() {
    for world in worlds() {
        let cvms = world.cvms(&["ntnx-a-cvm", "ntnx-b-cvm"]);
        for cvm in &cvms {
            let log = cvm.log("genesis.out");
            log.put(format!("I am {}\n", cvm.name()));
            if world.grade() == Grade::Namespaces {
                assert_eq!(log.path, "/home/nutanix/data/logs/genesis.out");
            }
            let read = format!("cat '{}'; echo $HOME", log.path);
            let done = world.run("ssh", &[cvm.name(), &read]).finish(SOON).expect(0);
            assert!(done.out().starts_with(&format!("I am {}\n", cvm.name())), "{}", done.out());
            assert!(!done.out().contains("/root"), "the real home is not seen: {}", done.out());
        }
    }
}

#[test]
fn the_accounts_of_a_world_outlast_a_replaced_passwd_file() {
    let Some(world) = World::namespaces() else { return };
    let mounts = world.run("cat", &["/proc/self/mountinfo"]).finish(SOON).expect(0).out();
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(4));
    let etc: Vec<&str> = points.filter(|point| point.starts_with("/etc")).collect();
    assert_eq!(etc, ["/etc"], "the kernel takes a mount away with the file it is on");
    let passwd = world.run("cat", &["/etc/passwd"]).finish(SOON).expect(0).out();
    assert!(passwd.starts_with(&format!("root:x:0:0:root:{}:", world.home().display())), "{passwd}");
}

#[test]
fn a_cvm_of_namespaces_is_a_machine_of_its_own() {
    let Some(world) = World::namespaces() else { return };
    let cvm = world.cvm("ntnx-a-cvm").login_shell("/usr/bin/dash").start();
    cvm.system_log("messages").put("a message\n");
    let ask = "uname -n; id -un; echo $0; cat /var/log/messages /home/log/messages; ls /home";
    let done = world.run("ssh", &[&cvm.target(), ask]).finish(SOON).expect(0);
    assert_eq!(
        done.out(),
        "ntnx-a-cvm\nnutanix\ndash\na message\na message\nlog\nnutanix\n",
        "{}",
        done.err()
    );
    if let Some(six) = cvm.address6() {
        let done = world.run("ssh", &["-oStrictHostKeyChecking=no", &six, "uname -n"]).finish(SOON).expect(0);
        assert_eq!(done.out(), "ntnx-a-cvm\n");
    }
}

#[test]
fn nothing_runs_on_a_cvm_but_what_ssh_started_and_a_kill_leaves_nothing() {
    for world in worlds() {
        let cvm = world.cvm("ntnx-a-cvm").start();
        assert!(cvm.processes().is_empty(), "{:?}", cvm.processes());
        let log = cvm.log("genesis.out");
        log.put("first\n");
        let mut run = plain_tail(&world, cvm.name(), &log);
        run.wait_for_line("first");
        let names: BTreeSet<String> = cvm.processes().into_iter().map(|process| process.name).collect();
        assert!(names.contains("tail"), "{names:?}");
        assert!(cvm.processes().iter().any(process::Process::is_sshd));
        assert!(!world.masters().is_empty(), "{:?}", world.here());
        cvm.kill_sessions();
        must(SOON, "ssh ends when its session is killed", || run.has_ended());
        log.push("second\n");
        must(SOON, "tail is gone", || cvm.processes().is_empty());
        must(SOON, "ssh is gone", || world.left_here().is_nothing());
    }
}

#[test]
fn a_master_left_behind_is_found_and_ends_with_the_world() {
    for world in worlds() {
        let cvm = world.cvm("ntnx-a-cvm").start();
        let socket = world.folder().join("run/m").display().to_string();
        let arguments =
            ["-M", "-N", "-f", "-S", &socket, "-o", "ControlPersist=yes", "-E", "/dev/null", cvm.name()];
        world.run("ssh", &arguments).finish(SOON).expect(0);
        let left = world.left_here();
        assert_eq!(left.entries, [Path::new(&socket)], "{left:?}");
        let master =
            left.processes.iter().find(|process| process.name == "ssh").expect("the master is found").pid;
        let folder = world.folder().to_owned();
        drop(world);
        assert!(!process::lives(master), "the master ends with the world");
        assert!(!folder.exists(), "the folder goes with the world");
    }
}

#[test]
fn a_cvm_reboots_freezes_and_restarts_its_sshd() {
    for world in worlds() {
        let cvm = world.cvm("ntnx-a-cvm").option("ClientAliveInterval 1").start();
        cvm.log("genesis.out").put("kept\n");
        let says = |text: &str| {
            let arguments = ["-oConnectTimeout=1", "-oConnectionAttempts=1", cvm.name(), text];
            world.run("ssh", &arguments).finish(SOON).code()
        };
        assert_eq!(says("exit 7"), 7);
        cvm.shut_down();
        assert!(cvm.all_processes().is_empty());
        assert_eq!(says("true"), 255);
        cvm.boot();
        assert_eq!(says(&format!("grep -q kept '{}'", cvm.log("genesis.out").path)), 0);
        cvm.kill_sshd();
        assert_eq!(says("true"), 255);
        cvm.start_sshd();
        assert_eq!(says("true"), 0);
        cvm.freeze();
        assert_eq!(says("true"), 255);
        cvm.thaw();
        assert_eq!(says("true"), 0);
    }
}

#[test]
fn a_cable_taken_out_and_put_in_again_loses_nothing() {
    let Some(world) = World::namespaces() else { return };
    let cvm = world.cvm("ntnx-a-cvm").start();
    let mut writer = Writer::new(&cvm.log("genesis.out"), 1);
    writer.append(10);
    let run = plain_tail(&world, cvm.name(), &writer.log);
    run.wait_for_lines(10);
    cvm.unplug();
    writer.append(10);
    assert!(!eventually(Duration::from_millis(300), || run.lines() > 10));
    cvm.plug();
    run.wait_for_lines(20);
    Checker::new([&writer.ledger]).raw(&run.stdout()).assert_exact();
}

#[test]
fn a_relay_cuts_stalls_delays_and_trickles() {
    for world in worlds() {
        let cvm = world.cvm("ntnx-a-cvm").relayed().start();
        let mut writer = Writer::new(&cvm.log("genesis.out"), 1);
        writer.append(5);
        let mut run = plain_tail(&world, cvm.name(), &writer.log);
        run.wait_for_lines(5);
        cvm.relay().silence(true);
        writer.append(5);
        assert!(!eventually(Duration::from_millis(200), || run.lines() > 5));
        cvm.relay().silence(false);
        run.wait_for_lines(10);
        cvm.relay().latency(Duration::from_millis(200));
        let before = Instant::now();
        writer.append(1);
        run.wait_for_lines(11);
        assert!(before.elapsed() >= Duration::from_millis(200));
        cvm.relay().latency(Duration::ZERO);
        cvm.relay().trickle(20_000);
        let before = Instant::now();
        writer.append(400);
        run.wait_for_lines(411);
        assert!(before.elapsed() >= Duration::from_millis(500), "{:?}", before.elapsed());
        assert_eq!(cvm.relay().cut(), 1);
        must(SOON, "ssh ends when its connection is reset", || run.has_ended());
        run.finish(SOON).expect(255);
        cvm.relay().trickle(0);
        cvm.relay().cut_idle(Duration::from_millis(300));
        let mut idle = plain_tail(&world, cvm.name(), &writer.log);
        must(SOON, "an idle connection is cut", || idle.has_ended());
        cvm.relay().refuse(true);
        assert_eq!(world.run("ssh", &[cvm.name(), "true"]).finish(SOON).code(), 255);
    }
}

#[test]
fn thirty_two_sshds_are_up_in_ten_seconds_and_down_in_five() {
    let world = World::new();
    let before = Instant::now();
    let cvms = world.many_cvms(32);
    let up = before.elapsed();
    assert_eq!(cvms.iter().map(crate::world::cvm::Cvm::target).collect::<BTreeSet<_>>().len(), 32);
    let before = Instant::now();
    drop(world);
    let down = before.elapsed();
    eprintln!("32 CVMs up in {up:?}, down in {down:?}");
    assert!(up < Duration::from_secs(10), "{up:?}");
    assert!(down < Duration::from_secs(5), "{down:?}");
    assert!(cvms.iter().all(|cvm| cvm.all_processes().is_empty()));
}

#[test]
fn the_writer_and_the_checker_agree_about_every_kind_of_line_and_rotation() {
    let world = World::ports();
    let folder = world.folder().to_owned();
    for content in [Content::Plain, Content::Hostile, Content::Wide(3_000)] {
        for glog in [false, true] {
            let name = if glog { "stargate.INFO" } else { "genesis.out" };
            let file = folder.join(format!("{content:?}{glog}.{name}"));
            let path = file.display().to_string();
            let log = Log { cvm: "a".into(), name: name.into(), file, path };
            let writer = if glog { Writer::glog(&log, 3) } else { Writer::new(&log, 3) };
            let mut writer = writer.content(content);
            for rotation in [Rotation::Rename, Rotation::Late(3), Rotation::Link, Rotation::CopyTruncate] {
                writer.append(5);
                writer.begin_line();
                writer.rotate(rotation);
            }
            writer.append(5);
            writer.rotate(Rotation::Compress(Packer::Gzip));
            writer.append(2);
            writer.rotate(Rotation::ReuseInode);
            writer.append(4);
            writer.begin_line();
            writer.end_line();
            let gz: Vec<_> = std::fs::read_dir(log.file.parent().expect("a folder"))
                .expect("a folder")
                .flatten()
                .collect();
            let packed = gz
                .iter()
                .map(std::fs::DirEntry::path)
                .find(|path| path.extension().is_some_and(|e| e == "gz"));
            let packed = packed.expect("the packed file");
            let unpacked = Command::new("gzip").arg("-dc").arg(&packed).output().expect("gzip").stdout;
            std::fs::remove_file(&packed).expect("the packed file");
            // What a perfect follower prints: every file in turn, the packed one between its neighbours.
            let mut all = Vec::new();
            let (old, new) = writer.rotated.split_at(4);
            for file in old {
                all.extend(std::fs::read(file).expect("a rotated file"));
            }
            all.extend(unpacked);
            for file in new.iter().chain([&log.file]) {
                all.extend(std::fs::read(file).expect("a log"));
            }
            let report = Checker::new([&writer.ledger]).raw(&all);
            report.assert_exact();
            assert_eq!(report.expected, 5 * 5 + 4 + 2 + 5);
        }
    }
}

#[test]
fn the_checker_sees_what_is_lost_twice_disordered_torn_and_misplaced() {
    let world = World::ports();
    let file = world.folder().join("genesis.out");
    let path = file.display().to_string();
    let mut writer = Writer::new(&Log { cvm: "a".into(), name: "genesis.out".into(), file, path }, 1);
    writer.append(6);
    let text = std::fs::read_to_string(&writer.log.file).expect("the log");
    let lines: Vec<&str> = text.lines().collect();
    let output = [lines[0], lines[0], lines[2], lines[1], &lines[3][..9], &lines[4].replace("line", "lime")]
        .join("\n");
    let report = Checker::new([&writer.ledger]).raw(output.as_bytes());
    let id = |name: &(String, u64)| name.1;
    assert_eq!(report.lost.iter().map(id).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!(report.twice.iter().map(id).collect::<Vec<_>>(), [0]);
    assert_eq!(report.disordered.iter().map(id).collect::<Vec<_>>(), [1]);
    assert_eq!((report.strange.len(), report.wrong.len(), report.seen, report.expected), (1, 1, 4, 6));
    let later = Checker::new([&writer.ledger])
        .from(&writer.ledger, 5)
        .text(format!("a genesis | {}\n", lines[5]).as_bytes());
    later.assert_exact();
    assert_eq!(later.expected, 1);
    let object = |offset: usize| {
        serde_json::json!({"type": "line", "cvm": "a", "path": writer.log.path, "line": lines[0], "offset": offset,
            "file": format!("fd00:{}", writer.ledger.open().files[0].inode)})
    };
    assert!(Checker::new([&writer.ledger]).ndjson(object(0).to_string().as_bytes()).is_clean());
    assert_eq!(Checker::new([&writer.ledger]).ndjson(object(1).to_string().as_bytes()).wrong.len(), 1);
}

#[test]
fn a_writer_in_the_background_is_followed_by_plain_tail() {
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    let writer = Writer::new(&cvm.log("genesis.out"), 5).real();
    let run = plain_tail(&world, cvm.name(), &writer.log);
    let writer = writer.start(Schedule::default().lines(300)).join();
    run.wait_for_lines(300);
    Checker::new([&writer.ledger]).raw(&run.stdout()).assert_exact();
}

#[test]
fn a_run_on_a_terminal_has_its_size_and_its_keys() {
    let world = World::new();
    let mut run =
        world.run("sh", &["-c", "stty size; test -t 1 && echo tty; sleep 60"]).terminal(91, 17).start();
    run.wait_for_line("17 91");
    run.wait_for_line("tty");
    // dash forgets an interrupt that comes while it starts a command.
    must(SOON, "sleep runs", || world.here().iter().any(|process| process.name == "sleep"));
    run.keys(b"\x03");
    assert_eq!(run.finish(SOON).code(), 130);
    let run = world.run("sh", &["-c", "test -t 2 && echo to the pipe"]).terminal(80, 24).piped().start();
    assert_eq!(run.finish(SOON).out(), "to the pipe\n");
}

#[test]
fn a_stalled_reader_blocks_and_a_closed_one_breaks_the_pipe() {
    let world = World::new();
    let mut run = world.run("yes", &[] as &[&str]).stalled().start();
    assert!(!eventually(Duration::from_millis(200), || run.printed() > 0 || run.has_ended()));
    run.resume_reading();
    run.wait_for_lines(100_000);
    run.close_stdout();
    assert_ne!(run.finish(SOON).code(), 0);
}

/// Run by the next test in a process of its own; by itself it shows nothing.
#[test]
fn a_directory_that_a_test_has_closed_goes_with_the_world() {
    for world in worlds() {
        let log = world.cvm("ntnx-a-cvm").start().log("closed/genesis.out");
        log.put("first\n");
        let directory = log.file.parent().expect("a directory");
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o000)).expect("chmod");
        let folder = world.folder().to_owned();
        drop(world);
        assert!(!folder.exists(), "{}", folder.display());
    }
}

#[test]
fn world_that_is_killed() {
    if std::env::var_os("CVMTAIL_TEST_KILL_ME").is_none() {
        return;
    }
    let world = World::new();
    let cvm = world.cvm("ntnx-a-cvm").start();
    cvm.log("genesis.out").put("first\n");
    let run = plain_tail(&world, cvm.name(), &cvm.log("genesis.out"));
    run.wait_for_line("first");
    println!("WORLD {}", world.folder().display());
    must(SOON * 3, "somebody kills this process", || false);
}

#[test]
fn nothing_stays_when_the_test_process_is_killed() {
    let mut child = Command::new(std::env::current_exe().expect("this program has a path"))
        .args(["--exact", "world_tests::world_that_is_killed", "--nocapture"])
        .env("CVMTAIL_TEST_KILL_ME", "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let told = lines.map_while(Result::ok).find_map(|line| Some(line.split_once("WORLD ")?.1.to_owned()));
    let folder = told.expect("the other process makes a world");
    let ours =
        || process::all().into_iter().filter(|p| p.command.contains(&folder) || p.environment_has(&folder));
    assert!(ours().count() > 0);
    child.kill().expect("a kill");
    child.wait().expect("a child");
    must(SOON, "the folder and all processes are gone", || {
        !Path::new(&folder).exists() && ours().count() == 0
    });
}
