//! Pure: the steps of a check as text, and as objects.

use std::fmt::Write as _;
use std::time::Duration;

use owo_colors::{OwoColorize as _, Style};
use serde::Serialize;

use crate::human;
use crate::sanitize;
use crate::step::{Count, Name, Step, StepStatus};

#[derive(Clone, Copy, Debug)]
pub struct VerdictStyle {
    pub color: bool,
    /// The locale can show more than ASCII.
    pub unicode: bool,
}

/// The `step` object of NDJSON.
#[derive(Serialize)]
pub struct StepObject<'a> {
    /// Always `step`.
    #[serde(rename = "type")]
    kind: &'static str,
    cvm: &'a str,
    /// `None`: the step is about the CVM.
    log: Option<&'a str>,
    step: &'static str,
    status: &'static str,
    duration_ms: Option<u128>,
    message: &'a str,
    hint: Option<&'a str>,
}

impl<'a> StepObject<'a> {
    pub fn new(cvm: &'a str, step: &'a Step) -> Self {
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
pub struct CheckSummary {
    /// Always `summary`.
    #[serde(rename = "type")]
    kind: &'static str,
    cvms: usize,
    passed: usize,
    warned: usize,
    failed: usize,
    skipped: usize,
    duration_ms: u128,
}

impl CheckSummary {
    /// The summary of a check of that many CVMs.
    pub fn new(cvms: usize, count: Count, took: Duration) -> Self {
        let Count { passed, warned, failed, skipped } = count;
        Self { kind: "summary", cvms, passed, warned, failed, skipped, duration_ms: took.as_millis() }
    }

    /// The same as a line of text.
    pub fn text(&self, style: VerdictStyle) -> String {
        let Self { cvms, passed, warned, failed, skipped, duration_ms, .. } = self;
        let status = if *failed > 0 { StepStatus::Failed } else { StepStatus::Passed };
        let took = Duration::from_millis(u64::try_from(*duration_ms).unwrap_or(u64::MAX));
        format!(
            "{} {} in {}: {passed} passed, {warned} warned, {failed} failed, {skipped} skipped\n",
            mark(status, style),
            human::count(*cvms, "CVM"),
            human::duration(took)
        )
    }
}

/// The block of one CVM, all its steps in it.
pub fn block(cvm: &str, steps: &[Step], style: VerdictStyle) -> String {
    let bold = if style.color { Style::new().bold() } else { Style::new() };
    let mut text = format!("{}\n", plain(cvm, style).style(bold));
    let mut own: Vec<&Step> = steps.iter().filter(|step| step.log.is_none()).collect();
    own.sort_by_key(|step| step.name);
    lines(&mut text, &own, "  ", style);
    let mut untried: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut done: Vec<&str> = Vec::new();
    for log in steps.iter().filter_map(|step| step.log.as_deref()) {
        if done.contains(&log) {
            continue;
        }
        done.push(log);
        let of_log: Vec<&Step> = steps.iter().filter(|step| step.log.as_deref() == Some(log)).collect();
        if of_log.iter().all(|step| step.status == StepStatus::Skipped) {
            let why = of_log[0].message.as_str();
            match untried.iter_mut().find(|(known, _)| *known == why) {
                Some((_, logs)) => logs.push(log),
                None => untried.push((why, vec![log])),
            }
        } else {
            let _ = writeln!(text, "  {}", plain(log, style).style(bold));
            lines(&mut text, &of_log, "    ", style);
        }
    }
    for (why, logs) in untried {
        let line = format!("{}: {why}", logs.join(", "));
        let _ = writeln!(text, "  {} {}", mark(StepStatus::Skipped, style), plain(&line, style));
    }
    text
}

/// The lines of some steps; those that were not tried, one after the other for the same reason, share one.
fn lines(text: &mut String, steps: &[&Step], indent: &str, style: VerdictStyle) {
    let mut rest = steps;
    while let Some((step, after)) = rest.split_first() {
        rest = after;
        let mut names = label(step.name).to_owned();
        if step.status == StepStatus::Skipped {
            while let Some((next, after)) = rest.split_first()
                && next.status == StepStatus::Skipped
                && next.message == step.message
            {
                let _ = write!(names, ", {}", label(next.name));
                rest = after;
            }
            let line = format!("{names}: {}", step.message);
            let _ = writeln!(text, "{indent}{} {}", mark(StepStatus::Skipped, style), plain(&line, style));
            continue;
        }
        let took = step.took.map_or_else(String::new, |took| format!("  ({})", human::duration(took)));
        let dim = if style.color { Style::new().dimmed() } else { Style::new() };
        let message = plain(&step.message, style);
        let _ = writeln!(text, "{indent}{} {names:9} {message}{}", mark(step.status, style), took.style(dim));
        if let Some(hint) = &step.hint {
            let _ = writeln!(text, "{indent}  {:9} hint: {}", "", plain(hint, style));
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
fn mark(status: StepStatus, style: VerdictStyle) -> String {
    let (sign, ascii, color) = match status {
        StepStatus::Passed => ("✓", "ok", Style::new().green()),
        StepStatus::Warned => ("!", "!", Style::new().yellow()),
        StepStatus::Failed => ("✗", "X", Style::new().red().bold()),
        StepStatus::Skipped => ("-", "-", Style::new().dimmed()),
    };
    // As wide as `ok`.
    let sign = if style.unicode { sign.to_owned() } else { format!("{ascii:2}") };
    if style.color { sign.style(color).to_string() } else { sign }
}

/// Text without what a terminal would act on, and in ASCII where our own signs would not be shown.
fn plain(text: &str, style: VerdictStyle) -> String {
    let plain = sanitize::text(text);
    if style.unicode { plain } else { plain.replace(['“', '”'], "\"").replace('…', "...") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{StepObject, VerdictStyle, block};
    use crate::step::{Name, Step, StepStatus};

    /// A step of a CVM or a log.
    fn step(name: Name, log: Option<&str>, status: StepStatus, message: &str) -> Step {
        let took = (status != StepStatus::Skipped).then_some(Duration::from_millis(3));
        let hint = (status == StepStatus::Failed).then(|| "do this".into());
        Step { name, log: log.map(str::to_owned), status, took, message: message.into(), hint }
    }

    /// A CVM whose login fails, with two logs.
    fn steps() -> Vec<Step> {
        let why = "not tried: auth comes first";
        vec![
            step(Name::Resolve, None, StepStatus::Passed, "10.0.0.1, port 22"),
            step(Name::Auth, None, StepStatus::Failed, "“joe” is\u{1b}[31m refused"),
            step(Name::Shell, None, StepStatus::Skipped, why),
            step(Name::Clock, None, StepStatus::Skipped, why),
            step(Name::LogExists, Some("a"), StepStatus::Skipped, why),
            step(Name::LogExists, Some("b"), StepStatus::Skipped, why),
        ]
    }

    #[test]
    fn a_block_says_what_failed_why_and_what_to_do() {
        let text = block("10.0.0.1", &steps(), VerdictStyle { color: false, unicode: true });
        let wanted = "10.0.0.1\n  ✓ resolve   10.0.0.1, port 22  (3 ms)\n  ✗ auth      “joe” is^[[31m refused  (3 ms)\n              \
             hint: do this\n  - shell, clock: not tried: auth comes first\n  - a, b: not tried: auth comes first\n";
        assert_eq!(text, wanted);
    }

    #[test]
    fn ascii_is_ascii_and_colour_is_only_where_it_is_wanted() {
        let text = block("a", &steps(), VerdictStyle { color: false, unicode: false });
        assert!(text.is_ascii() && !text.contains('\u{1b}'), "{text}");
        assert!(block("a", &steps(), VerdictStyle { color: true, unicode: true }).contains("\u{1b}["));
    }

    #[test]
    fn an_object_has_all_fields_in_their_order() {
        let step = step(Name::LogExists, Some("genesis"), StepStatus::Skipped, "m");
        assert_eq!(
            serde_json::to_string(&StepObject::new("a", &step)).expect("an object"),
            r#"{"type":"step","cvm":"a","log":"genesis","step":"log_exists","status":"skipped","duration_ms":null,"message":"m","hint":null}"#
        );
    }
}
