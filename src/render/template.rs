use std::io::Write as _;
use std::sync::Arc;

use owo_colors::Style;

use crate::batch::Ending;
use crate::cluster::target::Target;
use crate::human::Rfc3339;
use crate::line::level::Level;
use crate::options::OutputOptions;
use crate::render::annotated_line::AnnotatedLine;
use crate::render::body::Body;
use crate::render::json;
use crate::render::palette::Palette;
use crate::sanitize;

/// Writes each line by the template, and a newline. The pieces of a long line are joined at the first `{line}` unless
/// another stream writes in between.
#[derive(Debug)]
pub struct Template {
    /// The template up to the first `{line}`.
    before: Vec<Piece>,
    /// The template after it; `None`: there is no `{line}`.
    behind: Option<Vec<Piece>>,
    /// The stream that wrote last, if its line is incomplete, and what to append at its end.
    open: Option<(usize, Vec<u8>)>,
    body: Body,
    fields: Fields,
}

/// State of fields, kept from line to line.
#[derive(Debug)]
struct Fields {
    /// `None`: no colors.
    palette: Option<Palette>,
    /// Timestamps of lines.
    times: Rfc3339,
    /// Times of arrival.
    arrivals: Rfc3339,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(Field),
}

/// A placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    /// The timestamp of the line, or `-`.
    Time,
    /// When the line arrived.
    Received,
    Cvm,
    Log,
    /// The path of the log on the CVM.
    Path,
    /// The level of the line, or `-`.
    Level,
    Line,
    /// [`FileId`](crate::batch::FileId).
    File,
    /// The offset of the line in that file.
    Offset,
}

/// In the order in which messages list them.
const FIELDS: [(&str, Field); 9] = [
    ("time", Field::Time),
    ("received", Field::Received),
    ("cvm", Field::Cvm),
    ("log", Field::Log),
    ("path", Field::Path),
    ("level", Field::Level),
    ("line", Field::Line),
    ("file", Field::File),
    ("offset", Field::Offset),
];

impl Template {
    /// Compiles `template`; the error says what is wrong and how to fix it.
    pub fn new(template: &str, output: &OutputOptions, targets: &[Arc<Target>]) -> Result<Self, String> {
        let mut before = compile(template)?;
        let line = before.iter().position(|piece| *piece == Piece::Field(Field::Line));
        let behind = line.map(|at| {
            let behind = before.split_off(at + 1);
            before.truncate(at);
            behind
        });
        Ok(Self {
            before,
            behind,
            open: None,
            body: Body::new(output.terminal, output.color),
            fields: Fields {
                palette: output.color.then(|| Palette::new(targets)),
                times: Rfc3339::new(),
                arrivals: Rfc3339::new(),
            },
        })
    }

    pub fn shows_metadata(&self) -> bool {
        let means = |piece: &Piece| match piece {
            Piece::Field(Field::Time | Field::Level) => true,
            Piece::Field(Field::Line) => self.body.colors(),
            _ => false,
        };
        let colored = self.behind.is_some() && self.body.colors();
        colored || self.before.iter().chain(self.behind.iter().flatten()).any(means)
    }

    pub fn line(&mut self, out: &mut Vec<u8>, line: &AnnotatedLine) {
        let Some(behind) = &self.behind else {
            if !line.continues {
                fill(&self.before, &self.body, &mut self.fields, out, line);
                out.push(b'\n');
            }
            return;
        };
        let open = self.open.take();
        let mut owed = match open {
            Some((id, owed)) if line.continues && id == line.target.id => Some(owed),
            Some((_, owed)) => {
                out.extend_from_slice(&owed);
                None
            }
            None => None,
        };
        if owed.is_none() {
            fill(&self.before, &self.body, &mut self.fields, out, line);
        }
        self.body.push(out, line.bytes, line.matches, line.level);
        if line.ending == Ending::Partial {
            let owed = owed.take().unwrap_or_else(|| {
                let mut owed = Vec::new();
                fill(behind, &self.body, &mut self.fields, &mut owed, line);
                owed.push(b'\n');
                owed
            });
            self.open = Some((line.target.id, owed));
        } else if let Some(owed) = owed {
            out.extend_from_slice(&owed);
        } else {
            fill(behind, &self.body, &mut self.fields, out, line);
            out.push(b'\n');
        }
    }

    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if let Some((_, owed)) = self.open.take() {
            out.extend_from_slice(&owed);
        }
    }
}

/// Appends pieces of a template, filled in for `line`.
fn fill(pieces: &[Piece], body: &Body, fields: &mut Fields, out: &mut Vec<u8>, line: &AnnotatedLine) {
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
            Piece::Field(Field::Time) => match line.time {
                Some(time) => out.extend_from_slice(fields.times.timestamp(time)),
                None => out.push(b'-'),
            },
            Piece::Field(Field::Received) => {
                out.extend_from_slice(fields.arrivals.system_time(line.received));
            }
            Piece::Field(Field::Cvm) => {
                let name = &line.target.cvm.name;
                push_name(out, name, fields.palette.as_mut().map(|palette| palette.cvm(name)));
            }
            Piece::Field(Field::Log) => {
                let name = &line.target.log;
                push_name(out, name, fields.palette.as_mut().map(|palette| palette.log(name)));
            }
            Piece::Field(Field::Path) => body.push(out, &line.target.path.0, &[], None),
            Piece::Field(Field::Level) => {
                let word = line.level.map_or("-", Level::word);
                body.push(out, word.as_bytes(), &[], line.level);
            }
            Piece::Field(Field::Line) => body.push(out, line.bytes, line.matches, line.level),
            Piece::Field(Field::File) => {
                // Writing into a Vec cannot fail.
                let _ = write!(out, "{}", line.file);
            }
            Piece::Field(Field::Offset) => json::number(out, line.offset),
        }
    }
}

/// Appends a sanitized name, also off a terminal: it must not contain a newline.
fn push_name(out: &mut Vec<u8>, name: &str, style: Option<Style>) {
    let Some(style) = style else {
        sanitize::push(out, name.as_bytes());
        return;
    };
    // Writing into a Vec cannot fail.
    let _ = write!(out, "{}", style.prefix_formatter());
    sanitize::push(out, name.as_bytes());
    let _ = write!(out, "{}", style.suffix_formatter());
}

/// Splits a template into pieces.
fn compile(template: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut characters = template.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '{' | '}' if characters.next_if(|(_, next)| *next == character).is_some() => text.push(character),
            '{' => {
                let rest = &template[at + 1..];
                let Some(length) = rest.find('}') else {
                    return Err(format!(
                        "{template:?}: `{{` is never closed; a literal one is written `{{{{`"
                    ));
                };
                let field = field(&rest[..length])?;
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                pieces.push(Piece::Field(field));
                while characters.next_if(|(next, _)| *next <= at + 1 + length).is_some() {}
            }
            '}' => return Err(format!("{template:?}: `}}` without `{{`; a literal one is written `}}}}`")),
            '\\' => text.push(match characters.next() {
                Some((_, 't')) => '\t',
                Some((_, 'n')) => '\n',
                Some((_, '\\')) => '\\',
                Some((_, other)) => {
                    return Err(format!(
                        "{template:?}: no such escape: `\\{other}`; there are \\t, \\n and \\\\"
                    ));
                }
                None => {
                    return Err(format!(
                        "{template:?}: nothing follows the last `\\`; a literal one is written `\\\\`"
                    ));
                }
            }),
            _ => text.push(character),
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

fn field(name: &str) -> Result<Field, String> {
    if let Some((_, field)) = FIELDS.iter().find(|(known, _)| *known == name) {
        return Ok(*field);
    }
    let near = FIELDS
        .iter()
        .map(|(known, _)| (strsim::jaro_winkler(known, &name.to_lowercase()), known))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let meant = near.map_or_else(String::new, |(_, known)| format!(" (did you mean {{{known}}}?)"));
    let all: Vec<String> = FIELDS.iter().map(|(known, _)| format!("{{{known}}}")).collect();
    Err(format!("unknown field {{{}}}{meant}; there are {}", sanitize::text(name), all.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::{Field, Piece, compile};

    #[test]
    fn fields_braces_and_escapes() {
        let text = |text: &str| Piece::Text(text.to_owned());
        assert_eq!(
            compile(r"{{{cvm}}}\t{line}\\é{log}").unwrap(),
            [
                text("{"),
                Piece::Field(Field::Cvm),
                text("}\t"),
                Piece::Field(Field::Line),
                text("\\é"),
                Piece::Field(Field::Log)
            ]
        );
        assert_eq!(compile("").unwrap(), []);
        assert_eq!(compile("{{line}}").unwrap(), [text("{line}")]);
    }

    #[test]
    fn an_error_says_how_to_fix_it() {
        for (template, expected) in [
            (
                "{lin}",
                "unknown field {lin} (did you mean {line}?); there are {time} {received} {cvm} {log} {path} {level} {line} {file} {offset}",
            ),
            ("{CVM}", "(did you mean {cvm}?)"),
            ("{pod}", "unknown field {pod}; there are"),
            ("{}", "unknown field {}; there are"),
            ("a {line", "never closed"),
            ("a } b", "without `{`"),
            (r"\q", r"no such escape: `\q`"),
            ("a\\", "nothing follows"),
        ] {
            let error = compile(template).unwrap_err();
            assert!(error.contains(expected), "{template}: {error}");
        }
    }
}
