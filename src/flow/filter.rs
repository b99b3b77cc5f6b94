//! Which lines are kept: `-g` and `-v`, with ripgrep's semantics, on bytes.
//!
//! ripgrep's own matcher (`grep-regex`) provides smart case, whole words and fixed strings, and removes every way for
//! a pattern to match a newline. So a whole batch can be searched at once, and a match is extended to its line.

use std::ops::Range;

use grep_matcher::{LineMatchKind, LineTerminator, Matcher};
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use memchr::{memchr, memrchr};

use crate::batch::{Batch, Ending};
use crate::line::split::before_cut;
use crate::options;

/// The compiled filter of a run, and its decisions about lines that arrive in pieces.
#[derive(Debug)]
pub struct Filter {
    /// At least one of these must match.
    keep: Option<RegexMatcher>,
    /// None of these may match.
    drop: Option<RegexMatcher>,
    /// Highlighted in addition to the matches of `keep`.
    highlight: Option<RegexMatcher>,
    /// Per stream: whether the line that is arriving in pieces is kept.
    pieces: Vec<bool>,
}

impl Filter {
    /// Compiles the patterns; the error names the flag and the invalid pattern.
    pub fn new(plan: &options::FilterOptions) -> Result<Self, String> {
        let compile = |flag: &str, patterns: &[String]| compile(flag, patterns, plan.patterns);
        Ok(Self {
            keep: compile("--grep", &plan.keep)?,
            drop: compile("--exclude", &plan.drop)?,
            highlight: compile("--highlight", &plan.highlight)?,
            pieces: Vec::new(),
        })
    }

    /// True if every line is kept.
    pub const fn is_trivial(&self) -> bool {
        self.keep.is_none() && self.drop.is_none()
    }

    /// True if [`highlights`](Self::highlights) can find something.
    pub const fn has_highlights(&self) -> bool {
        self.keep.is_some() || self.highlight.is_some()
    }

    /// Whether `line`, without its newline, is kept.
    pub fn keeps(&self, line: &[u8]) -> bool {
        self.keep.as_ref().is_none_or(|keep| matches(keep, line))
            && !self.drop.as_ref().is_some_and(|drop| matches(drop, line))
    }

    /// Whether a line of which only the start is known is kept.
    pub fn keeps_start(&self, start: &[u8]) -> bool {
        self.keep.as_ref().is_none_or(|keep| before_cut(start, |start| matches(keep, start)))
            && !self.drop.as_ref().is_some_and(|drop| before_cut(start, |start| matches(drop, start)))
    }

    /// Calls `kept` with the ranges of `batch.bytes` that are kept: runs of whole lines including their newlines, in
    /// order, not empty, not adjacent. The pieces of a line longer than [`LONGEST`](crate::batch::LONGEST) follow the
    /// decision about its first piece.
    pub fn for_each_kept(&mut self, batch: &Batch, mut kept: impl FnMut(Range<usize>)) {
        if self.is_trivial() {
            kept(0..batch.bytes.len());
        } else if batch.continues || batch.ending == Ending::Partial {
            if self.keeps_piece(batch) {
                kept(0..batch.bytes.len());
            }
        } else {
            self.for_each_kept_run(&batch.bytes, kept);
        }
    }

    /// Whether a piece of a line is kept: the first one decides.
    fn keeps_piece(&mut self, batch: &Batch) -> bool {
        let id = batch.target.id;
        if id >= self.pieces.len() {
            self.pieces.resize(id + 1, false);
        }
        if !batch.continues {
            self.pieces[id] = self.keeps_start(&batch.bytes);
        }
        self.pieces[id]
    }

    /// [`for_each_kept`](Self::for_each_kept) for whole lines.
    fn for_each_kept_run(&self, bytes: &[u8], mut kept: impl FnMut(Range<usize>)) {
        let mut run = 0..0;
        let mut add = |range: Range<usize>| {
            if range.start == run.end {
                run.end = range.end;
            } else {
                if !run.is_empty() {
                    kept(run.clone());
                }
                run = range;
            }
        };
        match (&self.keep, &self.drop) {
            (Some(keep), None) => for_each_match(keep, bytes, add),
            (Some(keep), Some(drop)) => for_each_match(keep, bytes, |line| {
                if !matches(drop, without_newline(&bytes[line.clone()])) {
                    add(line);
                }
            }),
            (None, drop) => {
                let mut from = 0;
                if let Some(drop) = drop {
                    for_each_match(drop, bytes, |line| {
                        if from < line.start {
                            add(from..line.start);
                        }
                        from = line.end;
                    });
                }
                if from < bytes.len() {
                    add(from..bytes.len());
                }
            }
        }
        if !run.is_empty() {
            kept(run);
        }
    }

    /// Replaces `found` by the ranges to highlight in `line` (without its newline): not empty, in order, without
    /// overlap.
    pub fn highlights(&self, line: &[u8], found: &mut Vec<Range<usize>>) {
        found.clear();
        for matcher in [&self.keep, &self.highlight].into_iter().flatten() {
            let all = matcher.find_iter(line, |at| {
                if !at.is_empty() {
                    found.push(at.start()..at.end());
                }
                true
            });
            debug_assert!(all.is_ok(), "a regex search on bytes cannot fail");
        }
        if self.keep.is_some() && self.highlight.is_some() {
            found.sort_unstable_by_key(|range| (range.start, range.end));
            found.dedup_by(|next, before| {
                let joined = next.start <= before.end;
                if joined {
                    before.end = before.end.max(next.end);
                }
                joined
            });
        }
    }
}

/// Compiles patterns as one alternation, which is fastest; `None` for no patterns.
fn compile(
    flag: &str,
    patterns: &[String],
    how: options::PatternSyntax,
) -> Result<Option<RegexMatcher>, String> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut builder = RegexMatcherBuilder::new();
    builder
        .multi_line(true)
        .line_terminator(Some(b'\n'))
        .case_insensitive(how.case == options::Case::Ignore)
        .case_smart(how.case == options::Case::Smart)
        .word(how.word)
        .fixed_strings(how.fixed);
    builder.build_many(patterns).map(Some).map_err(|error| {
        // Compile each on its own to find the invalid one.
        let mut wrong = patterns.iter().filter_map(|pattern| Some((pattern, builder.build(pattern).err()?)));
        match wrong.next() {
            Some((pattern, error)) => format!("{flag} {pattern:?}: {error}"),
            None => format!("{flag}: {error}"),
        }
    })
}

/// Whether `matcher` matches in `line`, without its newline.
fn matches(matcher: &RegexMatcher, line: &[u8]) -> bool {
    matcher.is_match(line).unwrap_or_default()
}

/// Calls `found` with the range of every line in `bytes` that matches, including its newline.
fn for_each_match(matcher: &RegexMatcher, bytes: &[u8], mut found: impl FnMut(Range<usize>)) {
    let newline = Some(LineTerminator::byte(b'\n'));
    // The matcher reports a line terminator only if its matches do not depend on where the bytes begin and end, as
    // they do with `\A` or `\z`.
    let whole = matcher.line_terminator() == newline;
    let mut at = 0;
    while at < bytes.len() {
        let (inside, sure) = if whole {
            match matcher.find_candidate_line(&bytes[at..]) {
                Ok(Some(LineMatchKind::Confirmed(offset))) => (at + offset, true),
                Ok(Some(LineMatchKind::Candidate(offset))) => (at + offset, false),
                _ => return,
            }
        } else {
            (at, false)
        };
        // An empty match after the last newline is in no line.
        if inside == bytes.len() && bytes.last() == Some(&b'\n') {
            return;
        }
        let start = memrchr(b'\n', &bytes[at..inside]).map_or(at, |before| at + before + 1);
        let end = memchr(b'\n', &bytes[inside..]).map_or(bytes.len(), |behind| inside + behind + 1);
        // If a line starts with a UTF-8 continuation byte, the regex crate takes the newline for part of that
        // character, so `\B` and whole words may match where they should not: check the line by itself.
        let sure = sure && !matches!(bytes[start], 0x80..=0xbf);
        if sure || matches(matcher, without_newline(&bytes[start..end])) {
            found(start..end);
        }
        at = end;
    }
}

/// A line without the newline at its end, if there is one.
fn without_newline(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

#[cfg(test)]
mod tests;
