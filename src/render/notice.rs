//! Messages on stderr about streams and CVMs.
//!
//! What begins and ends as it should takes one quiet line, `+ CVM LOG` and `- CVM LOG`. The rest says
//! who, what and why, and on a line of its own how to fix it. Red is for errors alone.

use std::fmt::Display;
use std::io::Write as _;
use std::sync::Arc;

use owo_colors::Style;

use crate::cluster::target::Target;
use crate::event::{Event, Status, Subject};
use crate::options::ReportOptions;
use crate::render::palette::{self, Palette};
use crate::sanitize;

/// How many logs are named that an event is about.
const NAMED: usize = 3;

/// Puts events into words.
#[derive(Debug)]
pub struct Notices {
    /// The colours of names; `None` without colours.
    palette: Option<Palette>,
    /// A progress line shows what is being connected, so no event need say it.
    progress: bool,
}

impl Notices {
    /// Nothing said yet; `targets` are the streams known at the start.
    pub fn new(report: &ReportOptions, targets: &[Arc<Target>]) -> Self {
        Self { palette: report.color.then(|| Palette::new(targets)), progress: report.terminal }
    }

    /// Appends an event as text, a newline included; `logs` are all it happened to. Control characters are made
    /// harmless everywhere, so that one event is one line for a script too.
    pub fn event(&mut self, out: &mut Vec<u8>, event: &Event, logs: &[&str]) {
        let (mark, told) = match event.status {
            Status::Connecting if self.progress => return,
            Status::Connected | Status::Started => (Some("+"), ""),
            Status::Stopped if event.message == event.status.word() => (Some("-"), ""),
            Status::Stopped => (Some("-"), event.message.as_str()),
            _ => (None, event.message.as_str()),
        };
        let calm = Style::new().dimmed();
        self.push(out, mark.unwrap_or("cvmtail:"), calm);
        out.push(b' ');
        self.push_subject(out, &event.subject, logs);
        let word = event.status.word();
        let says_itself = told.starts_with(word);
        if mark.is_none() && !says_itself {
            out.extend_from_slice(b": ");
            self.push(out, word, style(event.status));
        }
        if !told.is_empty() {
            out.extend_from_slice(b": ");
            self.push(
                out,
                sanitize::text(told),
                if says_itself { style(event.status) } else { Style::new() },
            );
        }
        if let Some(attempt) = event.attempt {
            // Writing into a Vec cannot fail.
            let _ = write!(out, " (try {attempt})");
        }
        out.push(b'\n');
        push_hint(out, event.hint.as_deref());
    }

    /// Appends a message about the run as a whole, and its hint.
    pub fn run(&self, out: &mut Vec<u8>, message: &str, hint: Option<&str>, is_error: bool) {
        self.push(out, "cvmtail:", Style::new().dimmed());
        out.push(b' ');
        self.push(out, sanitize::text(message), if is_error { palette::error() } else { Style::new() });
        out.push(b'\n');
        push_hint(out, hint);
    }

    /// Appends whom an event is about; of many logs, how many.
    fn push_subject(&mut self, out: &mut Vec<u8>, subject: &Subject, logs: &[&str]) {
        let cvm = &subject.cvm().name;
        let look = self.palette.as_mut().map_or_else(Style::new, |palette| palette.cvm(cvm));
        self.push(out, sanitize::text(cvm), look);
        if logs.len() > NAMED {
            self.push(out, format_args!(" {} logs", logs.len()), Style::new());
            return;
        }
        for (at, log) in logs.iter().enumerate() {
            out.extend_from_slice(if at == 0 { b" " } else { b", " });
            let look = self.palette.as_mut().map_or_else(Style::new, |palette| palette.log(log));
            self.push(out, sanitize::text(log), look);
        }
    }

    /// Appends harmless text, styled if there are colours.
    fn push(&self, out: &mut Vec<u8>, text: impl Display, style: Style) {
        // Writing into a Vec cannot fail.
        let _ =
            if self.palette.is_some() { write!(out, "{}", style.style(text)) } else { write!(out, "{text}") };
    }
}

/// How the word of an event looks.
const fn style(status: Status) -> Style {
    match status {
        Status::Error => palette::error(),
        Status::Reconnecting | Status::Truncated | Status::Gap | Status::Missing | Status::Suppressed => {
            Style::new().yellow()
        }
        Status::Connecting
        | Status::Connected
        | Status::Started
        | Status::Resumed
        | Status::Rotated
        | Status::Appeared
        | Status::Stopped => Style::new(),
    }
}

/// Appends how to fix it, each line of it indented; commands stay free of anything that would hinder copying.
fn push_hint(out: &mut Vec<u8>, hint: Option<&str>) {
    for (index, line) in hint.into_iter().flat_map(str::lines).enumerate() {
        out.extend_from_slice(if index == 0 { b"  hint: " } else { b"        " });
        sanitize::push(out, line.as_bytes());
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Notices;
    use crate::event::{Event, Status, Subject};
    use crate::options::ReportOptions;
    use crate::tally::tests::target;

    /// `event` as text off a terminal, or with colours on one.
    fn told(event: &Event, terminal: bool) -> String {
        let report = ReportOptions { events: true, color: terminal, terminal, stats: None };
        let mut out = Vec::new();
        let logs: &[&str] = if let Subject::Stream(target) = &event.subject { &[&target.log] } else { &[] };
        Notices::new(&report, &[]).event(&mut out, event, logs);
        String::from_utf8(out).unwrap()
    }

    /// An event of a stream.
    fn event(status: Status, message: &str) -> Event {
        Event::new(status, Subject::Stream(target(0, "10.0.0.1", "genesis")), message)
    }

    #[test]
    fn each_event_has_its_line() {
        for (status, message, expected) in [
            (Status::Started, "reads from 0", "+ 10.0.0.1 genesis\n"),
            (Status::Stopped, "stopped", "- 10.0.0.1 genesis\n"),
            (Status::Stopped, "the end is reached", "- 10.0.0.1 genesis: the end is reached\n"),
            (Status::Rotated, "rotated by rename", "cvmtail: 10.0.0.1 genesis: rotated by rename\n"),
            (Status::Gap, "4096 bytes lost", "cvmtail: 10.0.0.1 genesis: gap: 4096 bytes lost\n"),
            (Status::Missing, "", "cvmtail: 10.0.0.1 genesis: missing\n"),
            (Status::Error, "a\x1b[2J\nb", "cvmtail: 10.0.0.1 genesis: error: a^[[2J\\x0ab\n"),
        ] {
            assert_eq!(told(&event(status, message), false), expected);
        }
    }

    #[test]
    fn tries_are_counted_and_hints_stand_below() {
        let event = Event {
            attempt: Some(2),
            hint: Some("ssh-keyscan a >> f\nand compare".into()),
            ..event(Status::Reconnecting, "connection lost: no answer for 18 s")
        };
        let expected = "cvmtail: 10.0.0.1 genesis: reconnecting: connection lost: no answer for 18 s (try 2)\n  \
                        hint: ssh-keyscan a >> f\n        and compare\n";
        assert_eq!(told(&event, false), expected);
    }

    #[test]
    fn a_cvm_is_told_without_a_log_and_the_progress_line_connects() {
        let cvm = Subject::Cvm(Arc::clone(&target(0, "10.0.0.1", "genesis").cvm));
        assert_eq!(told(&Event::new(Status::Connected, cvm.clone(), ""), false), "+ 10.0.0.1\n");
        let connecting = Event::new(Status::Connecting, cvm, "");
        assert_eq!(told(&connecting, false), "cvmtail: 10.0.0.1: connecting\n");
        assert_eq!(told(&connecting, true), "");
    }

    #[test]
    fn few_logs_are_named_and_many_are_counted() {
        let report = ReportOptions { events: true, color: false, terminal: false, stats: None };
        for (logs, expected) in [
            (&["a", "b", "c"][..], "cvmtail: 10.0.0.1 a, b, c: rotated\n"),
            (&["a", "b", "c", "d"], "cvmtail: 10.0.0.1 4 logs: rotated\n"),
        ] {
            let mut out = Vec::new();
            Notices::new(&report, &[]).event(&mut out, &event(Status::Rotated, "rotated"), logs);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn red_is_for_errors() {
        for status in [Status::Started, Status::Reconnecting, Status::Gap, Status::Stopped, Status::Error] {
            assert_eq!(
                told(&event(status, "x"), true).contains("\x1b[31m"),
                status == Status::Error,
                "{status:?}"
            );
        }
    }
}
