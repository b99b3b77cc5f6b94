//! One look at a CVM and its logs: that there is a shell, what its clock says, how each file is.

use std::io;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use memchr::memchr;
use memchr::memmem::Finder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::time::{Instant, timeout, timeout_at};

use crate::agent::protocol::{MARK, Record, Secret, quote};
use crate::cluster::target::RemotePath;
use crate::diagnosis::{self, table};
use crate::failure::{Failure, Refusal};
use crate::human;
use crate::random;
use crate::ssh::channel::Channel;
use crate::ssh::process::{CommandEnd, Process};
use crate::ssh::session::Session;

/// The functions a CVM's `sh` is given; the protocol is described at its head.
const SURVEY: &str = concat!(include_str!("why.sh"), include_str!("survey.sh"));

/// How long the look may take beyond the way to the CVM.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long the shell may take to end when all is told.
const FAREWELL: Duration = Duration::from_secs(1);

/// How much may be said before the first record: login scripts chatter, menus are long.
const NOISE: usize = 256 * 1024;

/// How much of what the remote shell complains of is kept.
const COMPLAINTS: usize = 4096;

/// What was seen.
#[derive(Debug)]
pub struct Survey {
    /// How far the CVM's clock is ahead of this machine's; `None` if it cannot tell.
    pub skew: Option<SignedDuration>,
    /// Its zone.
    pub zone: TimeZone,
    /// The files, in the order asked for.
    pub files: Vec<Seen>,
}

/// How a file is.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Its length in bytes; `None` if that could not be seen.
    pub size: Option<u64>,
    /// When it was last written to, by the CVM's clock.
    pub modified: Option<Timestamp>,
    /// Why it cannot be read.
    pub refused: Option<(Refusal, Failure)>,
}

/// A secret for looks; an error: this machine gives no random bytes.
pub fn secret() -> io::Result<Secret> {
    Ok(Secret::new(&random::bytes::<20>()?))
}

/// Looks at the files at `paths`; fails if the CVM cannot be reached or has no shell. May be dropped at any time.
pub async fn survey(session: &Session, secret: &Secret, paths: &[RemotePath]) -> Result<Survey, Failure> {
    let about = session.endpoint();
    let Channel { mut stdin, stdout, stderr, process } = session.open().await?;
    let deadline = Instant::now() + PATIENCE;
    let mut ears = Ears {
        stdout,
        stderr: Some(stderr),
        opening: opening(secret),
        heard: Vec::new(),
        complaints: Vec::new(),
    };
    // Until it is known to be a shell, it is told nothing but what does no harm to a menu.
    let greeted = Timestamp::now();
    let greet = async {
        // A shell that is gone shows by its silence.
        let _ = stdin.write_all(&secret.greeting()).await;
        ears.record().await
    };
    let answer = timeout_at(deadline, greet).await;
    let Ok(Some(Record::Shell(clock))) = answer else {
        let code = match answer {
            // It has ended: how, says why.
            Ok(None) => timeout(FAREWELL, ears.outlast(process)).await.ok(),
            _ => None,
        };
        let code = match code {
            Some(CommandEnd::Lost(failure)) => return Err(failure),
            Some(CommandEnd::Exited(code)) => Some(code),
            Some(CommandEnd::Killed) | None => None,
        };
        return Err(diagnosis::no_shell(&ears.heard, &ears.complaints, code, about));
    };
    // Asked and answered, as far as can be told, in the middle between asking and hearing.
    let now = greeted + Timestamp::now().duration_since(greeted) / 2;
    let (mut files, mut told) = (vec![Seen::default(); paths.len()], 0);
    let text = script(secret, paths);
    let ask = async {
        let ((), ()) = tokio::join!(say(&mut stdin, &text), async {
            while told < paths.len()
                && let Some((number, refusal, facts)) = ears.file().await
            {
                let Some((seen, path)) = files.get_mut(number).zip(paths.get(number)) else { continue };
                (seen.size, seen.modified) = facts.unzip();
                seen.refused = refusal.map(|refusal| {
                    (refusal, diagnosis::log_failure(table::refused(refusal, &table::NOWHERE), path, about))
                });
                told += 1;
            }
        });
    };
    let in_time = timeout_at(deadline, ask).await.is_ok();
    drop((stdin, ears));
    if told < paths.len() {
        let lost = diagnosis::because(&table::LOST, about, ": the remote shell was ended");
        return Err(if in_time {
            lost
        } else {
            diagnosis::because(&table::SLOW, about, &human::duration(PATIENCE))
        });
    }
    // What does not end by itself is ended by being dropped.
    let _ = timeout(FAREWELL, process.end()).await;
    let skew = clock.as_ref().map(|clock| clock.now.duration_since(now));
    Ok(Survey { skew, zone: clock.map_or(TimeZone::UTC, |clock| clock.zone), files })
}

/// How a record begins.
fn opening(secret: &Secret) -> Finder<'static> {
    Finder::new(&[&[MARK], secret.nonce.as_bytes(), b" "].concat()).into_owned()
}

/// The text that asks about all paths.
fn script(secret: &Secret, paths: &[RemotePath]) -> Vec<u8> {
    let mut text = format!("N={}\n{SURVEY}", secret.nonce).into_bytes();
    for (number, path) in paths.iter().enumerate() {
        text.extend_from_slice(format!("f {number} ").as_bytes());
        quote(&path.0, &mut text);
        text.push(b'\n');
    }
    text
}

/// Says it all. An error is not told: nothing is heard then.
async fn say(stdin: &mut Sender, text: &[u8]) {
    let _ = stdin.write_all(text).await;
}

/// What comes from the shell.
struct Ears {
    /// Its standard output.
    stdout: Receiver,
    /// What it complains on; `None` once that has ended.
    stderr: Option<Receiver>,
    /// How a record begins.
    opening: Finder<'static>,
    /// What was heard and not understood yet.
    heard: Vec<u8>,
    /// What it complained of, the end of it.
    complaints: Vec<u8>,
}

/// A file as the script tells it: its number, why it is refused, its size and time.
type Told = (usize, Option<Refusal>, Option<(u64, Timestamp)>);

impl Ears {
    /// The text of the next record; `None`: there is none.
    async fn text(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.opening.find(&self.heard)
                && let Some(length) = memchr(0, &self.heard[at..])
            {
                let text = self.heard[at + self.opening.needle().len()..at + length].to_vec();
                self.heard.drain(..=at + length);
                return Some(text);
            }
            if self.heard.len() > NOISE {
                return None;
            }
            let complains = async {
                match &mut self.stderr {
                    Some(stderr) => stderr.read_buf(&mut self.complaints).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                read = self.stdout.read_buf(&mut self.heard) => match read {
                    Ok(count) if count > 0 => {}
                    _ => return None,
                },
                read = complains => {
                    if !read.is_ok_and(|count| count > 0) {
                        self.stderr = None;
                    }
                    let surplus = self.complaints.len().saturating_sub(COMPLAINTS);
                    self.complaints.drain(..surplus);
                }
            }
        }
    }

    /// Hears the last complaints, and waits for the end of the shell.
    async fn outlast(&mut self, process: Process) -> CommandEnd {
        while let Some(stderr) = &mut self.stderr
            && self.complaints.len() < COMPLAINTS
            && stderr.read_buf(&mut self.complaints).await.is_ok_and(|count| count > 0)
        {}
        process.end().await
    }

    /// The next record that follow streams know, too.
    async fn record(&mut self) -> Option<Record> {
        Record::parse(&self.text().await?)
    }

    /// The next file that the script tells of; a record that makes no sense is passed over.
    async fn file(&mut self) -> Option<Told> {
        loop {
            if let Some(told) = parse(&self.text().await?) {
                return Some(told);
            }
        }
    }
}

/// Reads `F number state[ size seconds[.nanoseconds]]`.
fn parse(text: &[u8]) -> Option<Told> {
    let mut words = std::str::from_utf8(text).ok()?.strip_prefix("F ")?.split_ascii_whitespace();
    let number = words.next()?.parse().ok()?;
    let refusal = match words.next()? {
        "ok" => None,
        word => Some(Refusal::parse(word.as_bytes())?),
    };
    let facts = words.next().zip(words.next()).and_then(|(size, time)| {
        let (seconds, fraction) = time.split_once(['.', ',']).unwrap_or((time, "0"));
        let nanoseconds = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
        Some((size.parse().ok()?, Timestamp::new(seconds.parse().ok()?, nanoseconds).ok()?))
    });
    Some((number, refusal, facts))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{parse, script};
    use crate::agent::protocol::Secret;
    use crate::cluster::target::RemotePath;
    use crate::failure::Refusal;

    #[test]
    fn a_shell_tells_how_files_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| RemotePath(folder.path().join(name).into_os_string().into_encoded_bytes());
        let hostile = "it's $(touch x)\n-rf";
        std::fs::write(folder.path().join(hostile), "12345").expect("a file");
        let secret = Secret::new(&[7; 20]);
        let paths =
            [path(hostile), path("none"), path("none/deeper"), path("."), RemotePath(b"/dev/null".to_vec())];
        for shell in ["sh", "bash", "dash"] {
            let text = script(&secret, &paths);
            let output = Command::new(shell).arg("-c").arg(String::from_utf8(text).unwrap()).output();
            let output = output.expect("a shell").stdout;
            let records: Vec<_> = output
                .split(|&byte| byte == 0)
                .filter_map(|record| parse(record.strip_prefix(&b"\x1e"[..])?.split_at_checked(33)?.1))
                .collect();
            let refusals: Vec<_> = records.iter().map(|(number, refusal, _)| (*number, *refusal)).collect();
            let wanted = [
                (0, None),
                (1, Some(Refusal::Missing)),
                (2, Some(Refusal::Missing)),
                (3, Some(Refusal::Folder)),
                (4, Some(Refusal::Special)),
            ];
            assert_eq!(refusals, wanted, "{shell}");
            let (size, modified) = records[0].2.expect("facts");
            assert_eq!(size, 5);
            let age = jiff::Timestamp::now().duration_since(modified);
            assert!(age.as_secs() < 60, "{age:?}");
        }
        assert!(!std::path::Path::new("x").exists());
    }
}
