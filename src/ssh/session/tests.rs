//! The session with this machine, which needs no sshd.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::cluster::cvm::{Address, Cvm};
use crate::options;
use crate::ssh::process::CommandEnd;
use crate::ssh::session::{Channel, Resources, Session};

/// A session with this machine; its sockets' folder must never be made.
fn here() -> Session {
    let cvm = Cvm { name: "local".into(), address: Address::Local, source: "-c".into() };
    let ssh = options::SshOptions {
        connect_timeout: Duration::from_secs(10),
        socket_folder: "/nowhere/at/all".into(),
        ..options::SshOptions::default()
    };
    let resources = Resources::new(&ssh);
    Session::new(Arc::new(cvm), Arc::new(ssh), resources)
}

/// Reads what the shell says first.
async fn first(channel: &mut Channel) -> String {
    let mut buffer = [0; 100];
    let count = channel.stdout.read(&mut buffer).await.expect("readable");
    String::from_utf8_lossy(&buffer[..count]).trim().to_owned()
}

#[tokio::test]
async fn many_channels_share_the_one_connection_that_needs_no_guard() {
    let session = here();
    let opened = futures::future::join_all((0..40).map(|_| session.open())).await;
    let channels: Vec<_> = opened.into_iter().map(|channel| channel.expect("a shell")).collect();
    assert!(channels[0].connection().guarded.get());
    assert_eq!(session.connections(), 1);
}

#[tokio::test]
async fn the_end_of_stdin_ends_the_shell() {
    let mut channel = here().open().await.expect("a shell");
    channel.stdin.write_all(b"echo $$; cat; exit 7\n").await.expect("writable");
    first(&mut channel).await;
    let Channel { stdin, stdout, stderr, process } = channel;
    drop((stdin, stdout, stderr));
    assert_eq!(process.end().await, CommandEnd::Exited(7));
}

#[tokio::test]
async fn a_dropped_channel_takes_the_shell_and_what_it_started_along() {
    let mut channel = here().open().await.expect("a shell");
    // Neither of the two looks at its stdin, and both are deaf to polite signals.
    let script = b"trap '' TERM HUP PIPE; exec </dev/null; sleep 1000 & echo up; wait\n";
    channel.stdin.write_all(script).await.expect("writable");
    assert_eq!(first(&mut channel).await, "up");
    let Channel { stdin, mut stdout, stderr, process } = channel;
    drop((stdin, stderr, process));
    // Both hold the pipe: its end is the end of both.
    let mut rest = Vec::new();
    let end = timeout(Duration::from_secs(20), stdout.read_to_end(&mut rest)).await;
    assert!(end.is_ok(), "something still holds the pipe");
}

#[tokio::test]
async fn the_shell_has_no_terminal_and_a_group_of_its_own() {
    let mut channel = here().open().await.expect("a shell");
    channel
        .stdin
        .write_all(b"read -r a b c d e f rest </proc/$$/stat; echo $(($$ - e)) $f\n")
        .await
        .expect("writable");
    // Fields 5 and 6 of proc(5) stat are the group and the session.
    let said = first(&mut channel).await;
    let (group, session) = said.split_once(' ').expect("two numbers");
    assert_eq!(group, "0");
    assert_ne!(session, "0");
}
