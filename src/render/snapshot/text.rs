//! The report as text: headline and breaches, a table of all logs, then findings and other details.

use std::fmt::{Display, Write as _};

use owo_colors::Style;

use crate::human;
use crate::line::level::Level;
use crate::options::ReportStyle;
use crate::render::palette;
use crate::render::snapshot::headline::headline;
use crate::sanitize;
use crate::snapshot::document::{Comparison, CvmReport, Document, Finding, LogReport, PatternChange};
use crate::snapshot::status::CvmStatus;

/// The maximum number of findings, and of changes of each kind.
const LISTED: usize = 10;

/// The maximum width of a bar.
const BAR: usize = 8;

/// Clock skew from this on is reported, in milliseconds.
const SKEW: i64 = 1_000;

/// The heads of the table; the first three columns and the last are aligned to the left.
const HEADS: [&str; 9] = ["CVM", "LOG", "STATUS", "SIZE", "LAST", "LINES", "WARN", "ERROR", ""];

pub fn render(document: &Document, report_style: ReportStyle) -> String {
    let mut page = Page { out: String::new(), report_style };
    page.headline(document);
    page.breaches(document);
    page.table(document);
    page.unread(document);
    page.findings(document);
    page.stalled(document);
    if let Some(comparison) = &document.comparison {
        page.comparison(comparison);
    }
    page.out
}

/// The output so far.
struct Page {
    out: String,
    report_style: ReportStyle,
}

/// A cell of the table and its style.
type Cell = (String, Style);

impl Page {
    /// Appends text, styled if colors are used.
    fn push(&mut self, text: impl Display, style: Style) {
        // Writing into a String cannot fail.
        let _ = if self.report_style.color {
            write!(self.out, "{}", style.style(text))
        } else {
            write!(self.out, "{text}")
        };
    }

    /// Appends plain text.
    fn plain(&mut self, text: impl Display) {
        let _ = write!(self.out, "{text}");
    }

    /// Begins a section.
    fn head(&mut self, title: &str) {
        self.plain('\n');
        self.push(title, Style::new().bold());
        self.plain('\n');
    }

    /// The headline and the window.
    fn headline(&mut self, document: &Document) {
        let style = match (document.healthy, document.breaches.is_empty()) {
            (true, _) => Style::new().green().bold(),
            (false, true) => Style::new().yellow().bold(),
            (false, false) => palette::error().bold(),
        };
        self.push(headline(document), style);
        let (from, to) = (human::rfc3339(document.from), human::rfc3339(document.to));
        let window = document.to.duration_since(document.from).as_secs_f64();
        // To the second; the end without its day if it is the same.
        let to = if from[..10] == to[..10] { &to[11..19] } else { &to[..19] };
        let line = format!(
            "  {}Z to {to}Z ({}), {}\n",
            &from[..19],
            human::seconds(window),
            human::count(document.cvms.len(), "CVM")
        );
        self.push(line, Style::new().dimmed());
    }

    fn breaches(&mut self, document: &Document) {
        if document.breaches.is_empty() {
            return;
        }
        self.head("Breaches");
        for breach in &document.breaches {
            self.plain("  ");
            self.push(breach.rule.word(), palette::error());
            let line = format!("  {} {}: {}", breach.cvm, breach.log, breach.message);
            self.plain(format_args!("{}\n", sanitize::text(&line)));
        }
    }

    fn table(&mut self, document: &Document) {
        let bold = Style::new().bold();
        let mut rows: Vec<[Cell; 9]> = vec![HEADS.map(|head| (head.to_owned(), bold))];
        let logs = || document.cvms.iter().flat_map(|cvm| &cvm.logs);
        let most = logs().map(|log| log.levels.warning + errors(log)).max().unwrap_or(0);
        for cvm in &document.cvms {
            if cvm.logs.is_empty() {
                rows.push(without_logs(cvm));
            }
            rows.extend(cvm.logs.iter().map(|log| self.row(cvm, log, most)));
        }
        let width = |column: usize| rows.iter().map(|row| row[column].0.chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
        self.plain('\n');
        for row in rows {
            let mut spaces = String::new();
            for (column, (cell, style)) in row.into_iter().enumerate() {
                let padding = " ".repeat(widths[column] - cell.chars().count());
                let to_the_left = column < 3 || column == HEADS.len() - 1;
                if !to_the_left {
                    spaces.push_str(&padding);
                }
                if !cell.is_empty() {
                    self.plain(&spaces);
                    self.push(&cell, style);
                    spaces.clear();
                }
                if to_the_left {
                    spaces.push_str(&padding);
                }
                spaces.push_str("  ");
            }
            self.plain('\n');
        }
    }

    /// The row of a log; `most`: the maximum number of warnings and errors of a log.
    fn row(&self, cvm: &CvmReport, log: &LogReport, most: u64) -> [Cell; 9] {
        let calm = Style::new();
        let [.., warned, failed, _] = palette::levels();
        let count = |count: u64, style| {
            if count == 0 { ("-".to_owned(), calm.dimmed()) } else { (count.to_string(), style) }
        };
        let (warnings, errors) = (log.levels.warning, errors(log));
        let status = if log.message.is_some() { failed } else { calm };
        let bar = if self.report_style.terminal { self.bar(warnings + errors, most) } else { String::new() };
        [
            (sanitize::text(&cvm.cvm), calm),
            (sanitize::text(&log.log), calm),
            (log.status.word().to_owned(), status),
            (log.size.map_or("-".to_owned(), human::size), calm),
            (log.age_s.map_or("-".to_owned(), human::seconds), calm),
            count(log.lines, calm),
            count(warnings, warned),
            count(errors, failed),
            (bar, if errors > 0 { failed } else { warned }),
        ]
    }

    /// A bar for `count`, of full width for `most`; not empty unless `count` is 0.
    fn bar(&self, count: u64, most: u64) -> String {
        const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
        if count == 0 || most == 0 {
            return String::new();
        }
        let steps = if self.report_style.unicode { BAR * 8 } else { BAR };
        let length = u128::from(count) * steps as u128 / u128::from(most);
        let length = usize::try_from(length).unwrap_or(steps).clamp(1, steps);
        if self.report_style.unicode {
            return "█".repeat(length / 8) + EIGHTHS[length % 8];
        }
        "#".repeat(length)
    }

    /// Why CVMs were not reached and logs not read; the same reason on several CVMs once.
    fn unread(&mut self, document: &Document) {
        let mut reasons: Vec<(&str, Option<&str>, Vec<String>)> = Vec::new();
        let cvms = document
            .unreachable()
            .filter_map(|cvm| Some((cvm.message.as_deref()?, cvm.hint.as_deref(), cvm.cvm.clone())));
        let logs = document.unread().filter_map(|(cvm, log)| {
            Some((log.message.as_deref()?, log.hint.as_deref(), format!("{} {}", cvm.cvm, log.log)))
        });
        for (message, hint, subject) in cvms.chain(logs) {
            match reasons.iter_mut().find(|(known, ..)| *known == message) {
                Some((.., subjects)) => subjects.push(subject),
                None => reasons.push((message, hint, vec![subject])),
            }
        }
        if reasons.is_empty() {
            return;
        }
        self.head("Not looked at");
        for (message, hint, subjects) in reasons {
            self.plain(format_args!(
                "  {}: {}\n",
                sanitize::text(&subjects.join(", ")),
                sanitize::text(message)
            ));
            if let Some(hint) = hint {
                self.plain(format_args!("    hint: {}\n", sanitize::text(hint)));
            }
        }
    }

    fn findings(&mut self, document: &Document) {
        if document.findings.is_empty() {
            return;
        }
        self.head("Findings");
        let width = document.findings.iter().take(LISTED).map(|it| it.top.count.to_string().len()).max();
        for finding in document.findings.iter().take(LISTED) {
            self.finding(finding, width.unwrap_or(0), document.cvms.len());
        }
        let more = document.findings.len().saturating_sub(LISTED) + document.findings_omitted;
        if more > 0 {
            self.push(format!("  {more} more: -o json lists them\n"), Style::new().dimmed());
        }
    }

    /// `cvms`: the number of CVMs in the report.
    fn finding(&mut self, finding: &Finding, width: usize, cvms: usize) {
        let top = &finding.top;
        let [.., warned, failed, fatal] = palette::levels();
        let style = match top.level {
            Level::Warning => warned,
            Level::Error => failed,
            _ => fatal,
        };
        self.plain(format_args!("  {:>width$} x ", top.count));
        self.push(top.level.word(), style);
        let names: Vec<&str> = finding.cvms.iter().map(|share| share.cvm.as_str()).collect();
        let place = match names.len() {
            count if count == cvms && count > 1 => format!("all {count} CVMs"),
            1..=3 => names.join(", "),
            count => format!("{count} CVMs"),
        };
        let line = format!(" {}: {}", finding.log, top.pattern);
        self.plain(sanitize::text(&line));
        self.push(format!("  ({})\n", sanitize::text(&place)), Style::new().dimmed());
    }

    /// Stalled logs, and clocks that are off.
    fn stalled(&mut self, document: &Document) {
        if !document.standing_still.is_empty() {
            self.head("Standing still: quiet or dead?");
        }
        for stalled in &document.standing_still {
            let subject = sanitize::text(&format!("{} {}", stalled.cvm, stalled.log));
            let (age, elsewhere) = (human::seconds(stalled.age_s), human::seconds(stalled.elsewhere_s));
            let on = human::count(stalled.moves_on, "other CVM");
            self.plain(format_args!("  {subject}: silent for {age}; on {on} it moved {elsewhere} ago\n"));
        }
        let skewed = || {
            document
                .cvms
                .iter()
                .filter_map(|cvm| Some((cvm, cvm.clock_skew_ms.filter(|skew| skew.abs() >= SKEW)?)))
        };
        if skewed().next().is_some() {
            self.head("Clocks");
        }
        for (cvm, skew) in skewed() {
            #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
            let off = human::seconds(skew.unsigned_abs() as f64 / 1000.0);
            let way = if skew < 0 { "behind" } else { "ahead of" };
            self.plain(format_args!("  {}: {off} {way} this machine's\n", sanitize::text(&cvm.cvm)));
        }
    }

    fn comparison(&mut self, comparison: &Comparison) {
        let since = sanitize::text(&comparison.to);
        self.head(&format!("Since {}", since.split('.').next().unwrap_or_default()));
        for (what, cvms) in [("lost", &comparison.cvms_lost), ("gained", &comparison.cvms_gained)] {
            if !cvms.is_empty() {
                self.plain(format_args!("  CVMs {what}: {}\n", sanitize::text(&cvms.join(", "))));
            }
        }
        for (what, logs) in [("lost", &comparison.logs_lost), ("gained", &comparison.logs_gained)] {
            let logs: Vec<String> = logs.iter().map(|it| format!("{} {}", it.cvm, it.log)).collect();
            if !logs.is_empty() {
                self.plain(format_args!("  logs {what}: {}\n", sanitize::text(&logs.join(", "))));
            }
        }
        let kinds = [
            ("new ", &comparison.new),
            ("gone", &comparison.gone),
            ("up  ", &comparison.up),
            ("down", &comparison.down),
        ];
        for (what, changes) in kinds {
            for PatternChange { log, level, pattern, before, after } in changes.iter().take(LISTED) {
                let line = format!("{what}  {before} -> {after}  {level} {log}: {pattern}");
                self.plain(format_args!("  {}\n", sanitize::text(&line)));
            }
            if changes.len() > LISTED {
                self.plain(format_args!("  {what}  {} more\n", changes.len() - LISTED));
            }
        }
        if comparison.is_empty() {
            self.plain("  nothing changed\n");
        }
        if !comparison.complete {
            self.plain("  not all findings were kept: what is called new or gone may have been left out\n");
        }
    }
}

/// Including fatal errors.
const fn errors(log: &LogReport) -> u64 {
    log.levels.error + log.levels.fatal
}

/// The row of a CVM that was not reached or has no matching file.
fn without_logs(cvm: &CvmReport) -> [Cell; 9] {
    let mut row = HEADS.map(|_| (String::new(), Style::new()));
    row[0].0 = sanitize::text(&cvm.cvm);
    row[2] = match cvm.status {
        CvmStatus::Ok => ("no file".to_owned(), Style::new()),
        CvmStatus::Unreachable => (cvm.status.word().to_owned(), palette::error()),
    };
    row
}
