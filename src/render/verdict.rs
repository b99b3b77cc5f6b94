//! Pure: the steps of a check as text, and as objects.

use std::fmt::Write as _;
use std::time::Duration;

use owo_colors::{OwoColorize as _, Style};
use serde::Serialize;

use crate::human;
use crate::sanitize;
use crate::step::{Count, Name, Step, StepStatus as Status};

/// How text looks.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Use colours.
    pub color: bool,
    /// The reader has more than ASCII.
    pub unicode: bool,
}

/// INTERFACE's `step` object.
#[derive(Serialize)]
pub struct Object<'a> {
    /// Always `step`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The CVM.
    cvm: &'a str,
    /// The log; `None`: the CVM itself.
    log: Option<&'a str>,
    /// Which step.
    step: &'static str,
    /// How it went.
    status: &'static str,
    /// How long it took.
    duration_ms: Option<u128>,
    /// What was found.
    message: &'a str,
    /// What to do about it.
    hint: Option<&'a str>,
}

impl<'a> Object<'a> {
    /// The object of a step of a CVM.
    pub fn of(cvm: &'a str, step: &'a Step) -> Self {
        Self {
            kind: "step",
            cvm,
            log: step.log.as_deref(),
            step: step.name.word(),
            status: step.status.word(),
            duration_ms: step.took.map(|took| took.as_millis()),
            message: &step.message,
            hint: step.hint.as_deref(),
        }
    }
}

/// The closing object of a check.
#[derive(Serialize)]
pub struct Summary {
    /// Always `summary`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// How many CVMs were checked.
    cvms: usize,
    /// How many steps went as they should.
    passed: usize,
    /// With something to be known.
    warned: usize,
    /// Not.
    failed: usize,
    /// Were not tried.
    skipped: usize,
    /// How long all took.
    duration_ms: u128,
}

impl Summary {
    /// The summary of a check of that many CVMs.
    pub fn new(cvms: usize, count: Count, took: Duration) -> Self {
        let Count { passed, warned, failed, skipped } = count;
        Self { kind: "summary", cvms, passed, warned, failed, skipped, duration_ms: took.as_millis() }
    }

    /// The same as a line of text.
    pub fn text(&self, look: Look) -> String {
        let Self { cvms, passed, warned, failed, skipped, duration_ms, .. } = self;
        let status = if *failed > 0 { Status::Failed } else { Status::Passed };
        let took = Duration::from_millis(u64::try_from(*duration_ms).unwrap_or(u64::MAX));
        format!(
            "{} {} in {}: {passed} passed, {warned} warned, {failed} failed, {skipped} skipped\n",
            mark(status, look),
            human::count(*cvms, "CVM"),
            human::duration(took)
        )
    }
}

/// The block of one CVM, all its steps in it.
pub fn block(cvm: &str, steps: &[Step], look: Look) -> String {
    let style = if look.color { Style::new().bold() } else { Style::new() };
    let mut text = format!("{}\n", plain(cvm, look).style(style));
    let mut own: Vec<&Step> = steps.iter().filter(|step| step.log.is_none()).collect();
    own.sort_by_key(|step| step.name);
    lines(&mut text, &own, "  ", look);
    let mut untried: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut done: Vec<&str> = Vec::new();
    for log in steps.iter().filter_map(|step| step.log.as_deref()) {
        if done.contains(&log) {
            continue;
        }
        done.push(log);
        let of_log: Vec<&Step> = steps.iter().filter(|step| step.log.as_deref() == Some(log)).collect();
        if of_log.iter().all(|step| step.status == Status::Skipped) {
            let why = of_log[0].message.as_str();
            match untried.iter_mut().find(|(known, _)| *known == why) {
                Some((_, logs)) => logs.push(log),
                None => untried.push((why, vec![log])),
            }
        } else {
            let _ = writeln!(text, "  {}", plain(log, look).style(style));
            lines(&mut text, &of_log, "    ", look);
        }
    }
    for (why, logs) in untried {
        let line = format!("{}: {why}", logs.join(", "));
        let _ = writeln!(text, "  {} {}", mark(Status::Skipped, look), plain(&line, look));
    }
    text
}

/// The lines of some steps; those that were not tried, one after the other for the same reason, share one.
fn lines(text: &mut String, steps: &[&Step], indent: &str, look: Look) {
    let mut rest = steps;
    while let Some((step, after)) = rest.split_first() {
        rest = after;
        let mut names = label(step.name).to_owned();
        if step.status == Status::Skipped {
            while let Some((next, after)) = rest.split_first()
                && next.status == Status::Skipped
                && next.message == step.message
            {
                let _ = write!(names, ", {}", label(next.name));
                rest = after;
            }
            let line = format!("{names}: {}", step.message);
            let _ = writeln!(text, "{indent}{} {}", mark(Status::Skipped, look), plain(&line, look));
            continue;
        }
        let took = step.took.map_or_else(String::new, |took| format!("  ({})", human::duration(took)));
        let dim = if look.color { Style::new().dimmed() } else { Style::new() };
        let message = plain(&step.message, look);
        let _ = writeln!(text, "{indent}{} {names:9} {message}{}", mark(step.status, look), took.style(dim));
        if let Some(hint) = &step.hint {
            let arrow = if look.unicode { "→" } else { "->" };
            let _ = writeln!(text, "{indent}  {:9} {arrow} {}", "", plain(hint, look));
        }
    }
}

/// The name of a step in text, where the log's name stands above it.
const fn label(name: Name) -> &'static str {
    match name {
        Name::HostKey => "host key",
        Name::LogExists => "exists",
        Name::LogReadable => "readable",
        Name::LogFresh => "fresh",
        other => other.word(),
    }
}

/// The mark of a status.
fn mark(status: Status, look: Look) -> String {
    let (sign, ascii, style) = match status {
        Status::Passed => ("✓", "ok", Style::new().green()),
        Status::Warned => ("!", "!", Style::new().yellow()),
        Status::Failed => ("✗", "X", Style::new().red().bold()),
        Status::Skipped => ("-", "-", Style::new().dimmed()),
    };
    // As wide as `ok`.
    let sign = if look.unicode { sign.to_owned() } else { format!("{ascii:2}") };
    if look.color { sign.style(style).to_string() } else { sign }
}

/// Text without what a terminal would act on, and in ASCII where our own signs would not be shown.
fn plain(text: &str, look: Look) -> String {
    let plain = sanitize::text(text);
    if look.unicode { plain } else { plain.replace(['“', '”'], "\"").replace('…', "...") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Look, Object, block};
    use crate::step::{Name, Step, StepStatus as Status};

    /// A step of a CVM or a log.
    fn step(name: Name, log: Option<&str>, status: Status, message: &str) -> Step {
        let took = (status != Status::Skipped).then_some(Duration::from_millis(3));
        let hint = (status == Status::Failed).then(|| "do this".into());
        Step { name, log: log.map(str::to_owned), status, took, message: message.into(), hint }
    }

    /// A CVM whose login fails, with two logs.
    fn steps() -> Vec<Step> {
        let why = "not tried: auth comes first";
        vec![
            step(Name::Resolve, None, Status::Passed, "10.0.0.1, port 22"),
            step(Name::Auth, None, Status::Failed, "“joe” is\u{1b}[31m refused"),
            step(Name::Shell, None, Status::Skipped, why),
            step(Name::Clock, None, Status::Skipped, why),
            step(Name::LogExists, Some("a"), Status::Skipped, why),
            step(Name::LogExists, Some("b"), Status::Skipped, why),
        ]
    }

    #[test]
    fn a_block_says_what_failed_why_and_what_to_do() {
        let text = block("10.0.0.1", &steps(), Look { color: false, unicode: true });
        let wanted = "10.0.0.1\n  ✓ resolve   10.0.0.1, port 22  (3 ms)\n  ✗ auth      “joe” is^[[31m refused  (3 ms)\n              \
             → do this\n  - shell, clock: not tried: auth comes first\n  - a, b: not tried: auth comes first\n";
        assert_eq!(text, wanted);
    }

    #[test]
    fn ascii_is_ascii_and_colour_is_only_where_it_is_wanted() {
        let text = block("a", &steps(), Look { color: false, unicode: false });
        assert!(text.is_ascii() && !text.contains('\u{1b}'), "{text}");
        assert!(block("a", &steps(), Look { color: true, unicode: true }).contains("\u{1b}["));
    }

    #[test]
    fn an_object_has_all_fields_in_their_order() {
        let step = step(Name::LogExists, Some("genesis"), Status::Skipped, "m");
        assert_eq!(
            serde_json::to_string(&Object::of("a", &step)).expect("an object"),
            r#"{"type":"step","cvm":"a","log":"genesis","step":"log_exists","status":"skipped","duration_ms":null,"message":"m","hint":null}"#
        );
    }
}
