//! Login shells: whatever the account on the CVM has, the same is followed.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::told::{LONG, judge_alone, nothing_left, objects};
use crate::world::World;
use crate::world::poll::SOON;
use crate::world::rotate::Rotation;
use crate::world::writer::{Content, Writer};

/// The shells Debian has, as a passwd file names them.
const SHELLS: [&str; 9] = [
    "/bin/bash",
    "/bin/sh",
    "/usr/bin/dash",
    "/usr/bin/zsh",
    "/usr/bin/fish",
    "/usr/bin/csh",
    "/usr/bin/tcsh",
    "/usr/bin/mksh",
    "/usr/bin/ksh",
];

#[test]
fn every_login_shell_serves() {
    let world = World::new();
    let shells: Vec<&str> = SHELLS.into_iter().filter(|shell| Path::new(shell).exists()).collect();
    let missing: Vec<&str> = SHELLS.into_iter().filter(|shell| !shells.contains(shell)).collect();
    eprintln!("not installed here, so not shown: {missing:?}");
    let cvm = |shell: &&str| {
        let name = shell.rsplit('/').next().expect("a name");
        world.cvm(&format!("cvm-{name}")).login_shell(shell)
    };
    let cvms = World::start(shells.iter().map(cvm).collect());
    for (shell, cvm) in shells.iter().zip(&cvms) {
        let mut writer = Writer::new(&cvm.log("it's $(a) log.out"), 5).content(Content::Hostile);
        writer.append(30);
        let path = writer.log.path.clone();
        let run = world.cvmtail(&["-c", &cvm.target(), "-n", "+1", "--json", &path]).start();
        let count = |out: &[u8]| objects(out).iter().filter(|object| object["type"] == "line").count();
        run.wait_for(&format!("{shell}: the backlog has come"), LONG, |out| count(out) == 30);
        writer.rotate(Rotation::Rename);
        writer.append(30);
        run.wait_for(&format!("{shell}: what is appended has come"), LONG, |out| count(out) == 60);
        run.interrupt();
        let done = run.finish(SOON).expect(130);
        judge_alone([&writer]).ndjson(&done.stdout).assert_exact();
    }
    nothing_left(&world, &cvms);
}

#[test]
fn busybox_as_login_shell_serves() {
    let Some(world) = World::namespaces() else { return };
    if !Path::new("/usr/bin/busybox").exists() {
        eprintln!("not shown here: busybox is not installed");
        return;
    }
    // A login shell is called by its name alone, and busybox goes by the name it is called by.
    let link = world.folder().join("ash");
    std::os::unix::fs::symlink("/usr/bin/busybox", &link).expect("a link");
    let cvm = world.cvm("cvm-ash").login_shell(&link.display().to_string()).start();
    let mut writer = Writer::new(&cvm.log("genesis.out"), 5);
    writer.append(30);
    let run = world.cvmtail(&["-c", &cvm.target(), "-n", "+1", "--no-follow", "--json", &writer.log.path]);
    judge_alone([&writer]).ndjson(&run.finish(LONG).expect(0).stdout).assert_exact();
    nothing_left(&world, &[cvm]);
}

#[test]
fn a_login_script_that_chatters_is_no_log() {
    let Some(world) = World::namespaces() else { return };
    for (shell, file) in [("/bin/bash", ".bashrc"), ("/usr/bin/zsh", ".zshenv"), ("/usr/bin/tcsh", ".tcshrc")]
    {
        if !Path::new(shell).exists() {
            continue;
        }
        let cvm = world.cvm(&format!("cvm-{}", &file[1..])).login_shell(shell).start();
        let script = "echo 'Welcome to the CVM'\necho 'NOTICE: be careful' | cat\n";
        std::fs::write(cvm.home().join(file), script).expect("a login script");
        cvm.log("genesis.out").put("one\n");
        let run = world.cvmtail(&["-c", &cvm.target(), "--no-follow", "--prefix", "none", "genesis"]);
        let done = run.finish(LONG).expect(0);
        assert_eq!(done.out(), "one\n", "{shell}");
        nothing_left(&world, &[cvm]);
    }
}

#[test]
fn a_slow_login_is_no_clock_skew() {
    let Some(world) = World::namespaces() else { return };
    let cvms = world.cvms(&["slow"]);
    std::fs::write(cvms[0].home().join(".bashrc"), "sleep 9\n").expect("a login script");
    let log = cvms[0].log("genesis.out");
    log.put("");
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // The log of a busy service: there is always a line of just now.
            while !over.load(Ordering::Relaxed) {
                let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S,%3fZ").to_string();
                log.push(format!("{now} INFO rpc.py:12 alive\n"));
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        // The login takes longer than a connection may, and that is no failure either.
        let target = ["--connect-timeout", "8s", "-c", &cvms[0].target(), &log.path];
        let snapshot = world.cvmtail(&["snapshot", "-o", "json", "--max-silence", "3s"]).args(target);
        let snapshot = snapshot.finish(LONG).expect(0);
        let document: serde_json::Value = serde_json::from_slice(&snapshot.stdout).expect("a document");
        let skew = document["cvms"][0]["clock_skew_ms"].as_i64().expect("a skew");
        assert!(skew.abs() < 500, "{document}");
        assert_eq!(document["breaches"], serde_json::json!([]), "{document}");
        let check = world.cvmtail(&["check", "-o", "ndjson"]).args(target).finish(LONG).expect(0);
        let steps = objects(&check.stdout);
        let clock = steps.iter().find(|step| step["step"] == "clock").expect("a step");
        let message = clock["message"].as_str().expect("a message");
        assert!(clock["status"] == "passed" && message.contains(" ms "), "{clock}");
        over.store(true, Ordering::Relaxed);
    });
    nothing_left(&world, &cvms);
}
