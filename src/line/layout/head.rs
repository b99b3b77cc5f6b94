//! The head of a line.

use crate::line::level::Level;
use crate::line::time::Stamp;

/// The layouts of logs on a CVM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// `I20250611 03:12:45.123456Z 21034 file.cc:1187] `, or the older `I0611 03:12:45.123456 21034 file.cc:1187] `.
    Glog,
    /// `2025-06-11 03:12:44,001Z INFO 81234512 module.py:2210 `, or the same without the time.
    Python,
    /// `INFO  2025-06-11 03:12:44,120Z thread [] class.method:88 `.
    Log4j,
    /// `INFO [thread] 2025-06-11 03:12:40,000 File.java (line 77) `.
    Cassandra,
    /// `2025-06-11 03:12:44,007Z - INFO  [thread:Class@228] - `.
    ZooKeeper,
    /// `2025-06-11 03:12:44,001:21034(0x7f2a11b0c700):ZOO_INFO@function@1728: `.
    ZooKeeperClient,
    /// `2025-06-11 03:12:44,500 `, with a level if one follows in words or brackets.
    Plain,
    /// `2025-06-11T12:12:44.413144+09:00 host tag[pid]: `, or the classic `Jun 11 12:12:44 host tag[pid]: `; possibly
    /// after a `<priority>`.
    Syslog,
    /// `Jun 11, 2025 3:12:44 AM class method`: j.u.l., level and message on the next line.
    JavaUtil,
    /// `11-Jun-2025 03:12:44.001 INFO [thread] class.method `: Tomcat's one-line format of j.u.l.
    Tomcat,
    /// `time="2025-06-11T03:12:46-07:00" level=error `, pairs in any order; `INFO[0042] ` on a terminal.
    Logfmt,
    /// `2025-06-11T03:12:44.001Z|00012|module|INFO|`.
    OpenVSwitch,
    /// `11/06/2025 03:12:44 : epoch 6848f0aa : host : ganesha.nfsd-1[main] function :COMPONENT :EVENT :`.
    Ganesha,
    /// `[2025/06/11 03:12:44.123456,  0, pid=1] file.c:12(function)`, the message on the next lines.
    Samba,
    /// One JSON object.
    Json,
    /// `10.20.30.9 - - [11/Jun/2025:03:12:44 +0000] `: the access logs of Apache and nginx.
    Access,
    /// `#TIMESTAMP 1718075565 : `: sysstats.
    Sysstats,
    /// Any other line with a timestamp near its start.
    Other,
}

impl Layout {
    /// Whether the level is on the line after the head.
    pub const fn level_follows(self) -> bool {
        matches!(self, Self::JavaUtil)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub layout: Layout,
    /// `None` for the few heads with only a level.
    pub time: Option<Stamp>,
    /// `None` for layouts without a level.
    pub level: Option<Level>,
    /// The offset of the message in the line; at most its length.
    pub message: usize,
}
