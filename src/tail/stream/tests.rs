use std::fs::{self, File, OpenOptions, rename};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt as _};
use tokio::time::timeout;

use crate::agent::fleet::Host;
use crate::cluster::cvm::{Address, Cvm};
use crate::cluster::target::{RemotePath, Target};
use crate::event::Status;
use crate::item::Item;
use crate::options::{Backlog, Reading, Reconnect, SshOptions};
use crate::ssh::session::{Resources, Session};
use crate::tail::stream::follow;

/// A log of this machine, followed by the real script under the real `sh`.
struct Here {
    folder: tempfile::TempDir,
    target: Arc<Target>,
}

impl Here {
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        File::create(&path).unwrap();
        let cvm = Cvm { name: "local".into(), address: Address::Local, source: String::new() };
        let path = RemotePath(path.into_os_string().into_encoded_bytes());
        let target = Arc::new(Target { id: 0, cvm: Arc::new(cvm), log: "log".into(), path });
        Self { folder, target }
    }

    fn path(&self) -> PathBuf {
        PathBuf::from(String::from_utf8(self.target.path.0.clone()).unwrap())
    }

    fn follow(&self, backlog: Backlog, follow_on: bool) -> impl Stream<Item = Item> + use<> {
        let socket_folder = self.folder.path().join("sockets");
        let ssh = Arc::new(SshOptions { parallel: 1, socket_folder, ..SshOptions::default() });
        let resources = Resources::new(&ssh);
        let session = Session::new(Arc::clone(&self.target.cvm), ssh, resources);
        let reading = Reading { backlog, follow: follow_on, reconnect: Reconnect::Try(None) };
        let pulse = std::rc::Rc::new(crate::agent::heartbeat::Heartbeat::default());
        let host = Host::new(session, std::rc::Rc::clone(&pulse)).unwrap();
        let items = Box::pin(follow(Arc::clone(&self.target), host, reading));
        let beats = futures::stream::once(async move { pulse.run().await }).filter_map(|()| async { None });
        futures::stream::select(items, Box::pin(beats))
    }
}

fn append(path: &Path, text: &str) {
    OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

/// The next items until `count` lines have come; events by their word.
async fn lines(stream: &mut (impl Stream<Item = Item> + Unpin), count: usize) -> (String, Vec<Status>) {
    let (mut text, mut events) = (String::new(), Vec::new());
    let work = async {
        while text.lines().count() < count {
            match stream.next().await.expect("the stream goes on") {
                Item::Lines(batch) => text.push_str(std::str::from_utf8(&batch.bytes).unwrap()),
                Item::Event(event) => events.push(event.status),
                Item::Clock { .. } | Item::Fresh(_) => {}
            }
        }
    };
    let came = timeout(Duration::from_secs(20), work).await.is_ok();
    assert!(came, "{count} lines do not come: {text:?} {events:?}");
    (text, events)
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
fn the_last_lines_come_first_and_then_what_is_appended() {
    block_on(async {
        let here = Here::new("it's $(touch x) a\nlog");
        append(&here.path(), "one\ntwo\nthree\n");
        let mut stream = here.follow(Backlog::Lines(2), true);
        assert_eq!(lines(&mut stream, 2).await.0, "two\nthree\n");
        append(&here.path(), "four\nfi");
        assert_eq!(lines(&mut stream, 1).await.0, "four\n");
        append(&here.path(), "ve\n");
        assert_eq!(lines(&mut stream, 1).await.0, "five\n");
        assert!(!here.folder.path().join("x").exists());
    });
}

#[test]
fn a_bounded_read_ends_with_the_half_line_at_the_end() {
    block_on(async {
        let here = Here::new("log");
        append(&here.path(), "one\ntwo\nhalf");
        let items: Vec<Item> = here.follow(Backlog::FromLine(1), false).take(6).collect().await;
        let text: Vec<u8> = items
            .iter()
            .filter_map(|item| match item {
                Item::Lines(batch) => Some(batch.bytes.to_vec()),
                Item::Event(_) | Item::Clock { .. } | Item::Fresh(_) => None,
            })
            .flatten()
            .collect();
        assert_eq!(text, b"one\ntwo\nhalf");
    });
}

#[test]
fn a_renamed_log_is_read_to_its_end_before_the_new_one() {
    block_on(async {
        let here = Here::new("log");
        let mut stream = here.follow(Backlog::FromLine(1), true);
        let mut writer = OpenOptions::new().append(true).open(here.path()).unwrap();
        writer.write_all(b"1\n").unwrap();
        assert_eq!(lines(&mut stream, 1).await.0, "1\n");
        rename(here.path(), here.folder.path().join("log.1")).unwrap();
        File::create(here.path()).unwrap();
        writer.write_all(b"2\n").unwrap();
        assert_eq!(lines(&mut stream, 1).await.0, "2\n");
        writer.write_all(b"3\n").unwrap();
        append(&here.path(), "4\n");
        let (text, events) = lines(&mut stream, 2).await;
        assert_eq!((text.as_str(), events.as_slice()), ("3\n4\n", [Status::Rotated].as_slice()));
    });
}

#[test]
fn a_copied_and_cut_log_goes_on_and_says_so() {
    block_on(async {
        let here = Here::new("log");
        let mut stream = here.follow(Backlog::FromLine(1), true);
        append(&here.path(), "a line that is long enough\n");
        assert_eq!(lines(&mut stream, 1).await.0, "a line that is long enough\n");
        fs::copy(here.path(), here.folder.path().join("log.1")).unwrap();
        OpenOptions::new().write(true).truncate(true).open(here.path()).unwrap();
        append(&here.path(), "after\n");
        let (text, events) = lines(&mut stream, 1).await;
        assert_eq!(text, "after\n");
        assert_eq!(events, [Status::Truncated, Status::Rotated]);
    });
}
