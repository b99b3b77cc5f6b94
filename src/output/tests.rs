//! stdout with readers of every temper.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek as _, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::pipe::pipe;
use tokio::time::timeout;

use super::{Closed, Output};
use crate::descriptor::Descriptor;

/// Waits for leave before each write, and hands on what it was given.
struct Gate {
    /// Gives leave.
    leave: Receiver<()>,
    /// What was written.
    written: Sender<Vec<u8>>,
}

impl Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.leave.recv().map_err(|_| io::ErrorKind::BrokenPipe)?;
        self.written.send(bytes.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An output that writes when told, what it writes, and the way to tell it.
fn gated() -> (Output, Sender<()>, Receiver<Vec<u8>>) {
    let (leave, gate) = channel();
    let (written, out) = channel();
    (Output::to(Gate { leave: gate, written }).unwrap(), leave, out)
}

/// How long something is watched that must not happen.
const MOMENT: Duration = Duration::from_millis(30);

#[tokio::test]
async fn buffers_come_out_in_order_and_are_used_again() {
    let (mut output, leave, out) = gated();
    let mut buffer = Vec::new();
    for number in 0..5u8 {
        leave.send(()).unwrap();
        buffer.push(number);
        output.send(&mut buffer).await.unwrap();
        assert!(buffer.is_empty());
        output.drained().await.unwrap();
        assert_eq!(out.try_recv().unwrap(), [number]);
    }
    assert!(buffer.capacity() > 0);
}

#[tokio::test]
async fn a_stalled_reader_holds_at_most_two_buffers_and_a_cancelled_send_loses_nothing() {
    let (mut output, leave, out) = gated();
    let mut sent = 0;
    let mut buffer = vec![0];
    while timeout(MOMENT, output.send(&mut buffer)).await.is_ok() {
        sent += 1;
        buffer = vec![sent];
    }
    assert_eq!((sent, &buffer[..]), (2, &[2][..]));
    assert!(timeout(MOMENT, output.drained()).await.is_err());
    for _ in 0..3 {
        leave.send(()).unwrap();
    }
    output.send(&mut buffer).await.unwrap();
    output.drained().await.unwrap();
    assert_eq!(out.try_iter().collect::<Vec<_>>().concat(), [0, 1, 2]);
}

#[tokio::test]
async fn a_broken_pipe_is_told_from_a_full_disk() {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let mut output = Output::to(File::from(writer)).unwrap();
    output.send(&mut b"x".to_vec()).await.unwrap();
    assert!(matches!(output.drained().await, Err(Closed::Gone)));
    assert!(matches!(output.send(&mut b"x".to_vec()).await, Err(Closed::Gone)));

    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut output = Output::to(full).unwrap();
    output.send(&mut b"x".to_vec()).await.unwrap();
    let closed = output.drained().await.unwrap_err();
    assert_eq!(closed.to_string(), "stdout cannot be written: No space left on device (os error 28)");
}

#[tokio::test]
async fn an_idle_run_notices_that_its_reader_has_gone() {
    let (reader, writer) = pipe().unwrap();
    let output = Output::of(Descriptor::of(&writer).unwrap()).unwrap();
    drop(writer);
    assert!(output.reader.is_some());
    assert!(timeout(MOMENT, output.gone()).await.is_err());
    drop(reader);
    timeout(Duration::from_secs(10), output.gone()).await.unwrap();
}

#[tokio::test]
async fn a_file_is_written_at_once_and_never_goes() {
    let mut file = tempfile::tempfile().unwrap();
    let mut output = Output::of(Descriptor::of(&file).unwrap()).unwrap();
    let mut buffer = b"a line\n".to_vec();
    output.send(&mut buffer).await.unwrap();
    assert!(buffer.is_empty());
    let mut written = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut written).unwrap();
    assert_eq!(written, "a line\n");
    output.drained().await.unwrap();
    assert!(timeout(MOMENT, output.gone()).await.is_err());
}

#[tokio::test]
async fn a_file_that_took_no_more_once_is_given_no_more() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let only_read = File::open(file.path()).unwrap();
    let mut output = Output::of(Descriptor::of(&only_read).unwrap()).unwrap();
    for _ in 0..2 {
        let mut buffer = b"a line\n".to_vec();
        assert!(matches!(output.send(&mut buffer).await, Err(Closed::Failed(_))));
        assert_eq!(buffer, b"a line\n");
        assert!(matches!(output.drained().await, Err(Closed::Failed(_))));
    }
}

#[tokio::test]
async fn a_pipe_that_someone_made_non_blocking_loses_nothing() {
    let (reader, writer) = pipe().unwrap();
    fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
    let mut output = Output::to(Descriptor::of(&writer).unwrap()).unwrap();
    drop(writer);
    let mut buffer = vec![7; 1 << 20];
    output.send(&mut buffer).await.unwrap();
    let mut seen = vec![0; 1 << 20];
    File::from(reader).read_exact(&mut seen).unwrap();
    assert!(seen.iter().all(|&byte| byte == 7));
    output.drained().await.unwrap();
}
