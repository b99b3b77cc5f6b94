//! Lines in the layouts of real CVM logs (own text), with the present time in them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::seed::Seed;

/// How a log's lines are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `2026-11-20 03:12:44,001Z INFO 81234512 module.py:10 text`.
    Python,
    /// `I20261120 03:12:44.001000Z 21034 file.cc:10] text`.
    Glog,
    /// `INFO  2026-11-20 03:12:44,001Z thread [] class.method:10 text`.
    Prism,
    /// `2026-11-20 03:12:44,001Z - INFO  [thread:Class@10] - text`.
    Zookeeper,
    /// ` INFO [thread] 2026-11-20 03:12:44,001Z File.java (line 10) text`.
    Cassandra,
    /// `2026-11-20T03:12:44.001000+00:00 host tag[10]: text`.
    Syslog,
    /// glog, `ZooKeeper`'s C client and plain lines in one file.
    Mixed,
}

/// What services say; `{n}` becomes a number.
const SAYINGS: [&str; 10] = [
    "Replica {n} of egroup {n} moved to disk {n}",
    "Rpc {n} to 10.20.30.42 timed out after {n} msecs",
    "Leader of shard {n} is now node {n}",
    "Checkpoint {n} written in {n} msecs",
    "vdisk {n} opened, oplog episodes={n}",
    "Request {n} took {n} ms",
    "Configuration version {n} loaded",
    "Peer 10.20.30.43 did not answer ping within {n} secs",
    "Session {n} established with timeout {n}",
    "Cache holds {n} samples, {n} evicted",
];

impl Layout {
    /// The layout of a log, by its name.
    pub fn of(log: &str) -> Self {
        match log.rsplit('/').next().unwrap_or(log) {
            "messages" | "user_info" => Self::Syslog,
            "prism_gateway.log" => Self::Prism,
            "zookeeper.out" => Self::Zookeeper,
            "system.log" => Self::Cassandra,
            "stargate.out" | "curator.out" | "cerebro.out" | "pithos.out" | "cassandra.out" => Self::Mixed,
            name if [".INFO", ".WARNING", ".ERROR", ".FATAL"].iter().any(|end| name.ends_with(end)) => {
                Self::Glog
            }
            _ => Self::Python,
        }
    }

    /// One line without its newline; most are of level info, some warnings, few errors.
    pub fn line(self, now: Timestamp, seed: &mut Seed) -> String {
        let level = match seed.below(100) {
            0..3 => 2,
            3..12 => 1,
            _ => 0,
        };
        let mut text = String::new();
        for part in seed.pick(&SAYINGS).split_inclusive("{n}") {
            let (words, number) = part.strip_suffix("{n}").map_or((part, false), |words| (words, true));
            text.push_str(words);
            if number {
                text.push_str(&seed.below(9_999).to_string());
            }
        }
        let at = |form: &str| now.to_zoned(TimeZone::UTC).strftime(form).to_string();
        let python = || at("%Y-%m-%d %H:%M:%S,%3f");
        let word = ["INFO", "WARNING", "ERROR"][level];
        let short = ["INFO ", "WARN ", "ERROR"][level];
        let (id, place) = (21_000 + seed.below(60), 80 + seed.below(2_000));
        match self {
            Self::Python => format!("{}Z {word} 812345{id} node_manager.py:{place} {text}", python()),
            Self::Glog => {
                let letter = ["I", "W", "E"][level];
                format!("{letter}{}Z {id:>5} extent_store.cc:{place}] {text}", at("%Y%m%d %H:%M:%S.%6f"))
            }
            Self::Prism => {
                format!("{short} {}Z pool-7-thread-2 [] stats.cache.Cache.get:{place} {text}", python())
            }
            Self::Zookeeper => format!("{}Z - {short} [Thread-8:NIOServerCnxn@{place}] - {text}", python()),
            Self::Cassandra => {
                format!("{short} [FlushWriter:5] {}Z Memtable.java (line {place}) {text}", python())
            }
            Self::Syslog => {
                format!("{}+00:00 ntnx-a-cvm systemd[{id}]: {text}", at("%Y-%m-%dT%H:%M:%S.%6f"))
            }
            Self::Mixed => match seed.below(4) {
                0 => format!("{}:{id}(0x7f2a11b0c700):ZOO_INFO@check_events@{place}: {text}", python()),
                1 => format!("{} monitor: {text}", python()),
                _ => Self::Glog.line(now, seed),
            },
        }
    }

    /// What may follow a line of level error: the lines of a traceback or a stack.
    pub const fn traceback(self) -> &'static [&'static str] {
        match self {
            Self::Python => &[
                "Traceback (most recent call last):",
                "  File \"build/services/node_manager.py\", line 2210, in _refresh",
                "    reply = self.client.ask(request)",
                "RpcTimeoutError: no answer within 5 secs",
            ],
            Self::Prism | Self::Zookeeper | Self::Cassandra => &[
                "java.net.SocketTimeoutException: Read timed out",
                "\tat prism.stats.Cache.get(Cache.java:203)",
                "\tat java.lang.Thread.run(Thread.java:750)",
                "Caused by: java.io.IOException: peer is gone",
                "\t... 12 more",
            ],
            Self::Glog | Self::Mixed | Self::Syslog => &[],
        }
    }
}
