//! What to do about a failure, with commands to copy: the one place that builds a command offered to the user.
//!
//! A hint is a template of our own words, in which commands stand between backquotes and values are named in braces.
//! Foreign text gets into a hint only as a [`Value`]. Within a command each value is quoted for every shell that the
//! command passes: once for the user's own, once more for the CVM's behind ssh. A value that cannot be copied from a
//! screen (control characters, invisible ones, not UTF-8) or that would be taken for an option drops the command; the
//! part of the template in square brackets around it goes with it, and without such brackets the whole hint does.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use crate::sanitize::is_shapeless;

/// What to do about a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint(String);

/// What a name in braces stands for.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// A word: quoted in a command, as it is in a sentence.
    Word(Cow<'a, str>),
    /// A path: the same, and it may begin with a dash.
    Path(Cow<'a, [u8]>),
    /// A command, or the beginning of one.
    Command(Cow<'a, ShellCommand>),
    /// How to get a shell on the CVM; the rest of the command runs there.
    Login(&'a Login),
    /// It is not known, or does not apply.
    Nothing,
}

/// A command line: our own words, and quoted values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellCommand {
    /// The text; `None` once a value could not be copied.
    text: Option<String>,
}

/// How the user gets a shell on a CVM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// It is this machine.
    Here,
    /// By this command.
    Ssh(ShellCommand),
}

impl Hint {
    /// Fills a template; `None` if what cannot be left out cannot be said.
    pub fn fill<'a>(template: &'static str, value: impl Fn(&str) -> Value<'a>) -> Option<Self> {
        let mut text = String::with_capacity(template.len() * 2);
        let mut rest = template;
        while !rest.is_empty() {
            let (needed, after) = rest.split_once('[').unwrap_or((rest, ""));
            text.push_str(&section(needed, &value)?);
            let (optional, after) = after.split_once(']').unwrap_or((after, ""));
            text.push_str(&section(optional, &value).unwrap_or_default());
            rest = after;
        }
        Some(Self(text)).filter(|hint| !hint.is_empty())
    }

    /// The same with our own words before it.
    #[must_use]
    pub fn behind(self, words: &'static str) -> Self {
        Self(words.to_owned() + &self.0)
    }
}

impl From<&'static str> for Hint {
    fn from(text: &'static str) -> Self {
        Self(text.to_owned())
    }
}

impl From<Hint> for String {
    fn from(hint: Hint) -> Self {
        hint.0
    }
}

impl Deref for Hint {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'a> Value<'a> {
    /// A word.
    pub fn word(word: impl Into<Cow<'a, str>>) -> Self {
        Self::Word(word.into())
    }

    /// The name of a user or a group: one that names nobody, or several, is not known.
    pub fn account(name: &'a str) -> Self {
        let is_part = |c: char| c.is_alphanumeric() || "._-@\\$+".contains(c);
        if !name.is_empty() && name.chars().all(is_part) { Self::word(name) } else { Self::Nothing }
    }

    /// What stands for it in a sentence; it must not look like a command.
    fn in_sentence(&self) -> Option<String> {
        let text = match self {
            Self::Word(word) => word.to_string(),
            Self::Path(path) => String::from_utf8_lossy(path).into_owned(),
            Self::Command(_) | Self::Login(_) | Self::Nothing => return None,
        };
        Some(text.replace('`', "'"))
    }

    /// What stands for it in a command, at the beginning of a word or within one.
    fn in_command(&self, begins: bool) -> Option<String> {
        match self {
            Self::Word(word) if begins && word.starts_with('-') => None,
            Self::Word(word) => quoted(word).map(Cow::into_owned),
            Self::Path(path) => {
                let text = str::from_utf8(path).ok()?;
                let dashed = begins && text.starts_with('-');
                quoted(&if dashed { format!("./{text}") } else { text.to_owned() }).map(Cow::into_owned)
            }
            Self::Command(line) => line.text.clone(),
            Self::Login(Login::Here) => Some("sh".to_owned()),
            Self::Login(Login::Ssh(line)) => line.text.clone(),
            Self::Nothing => None,
        }
    }
}

impl ShellCommand {
    /// A line of our own words.
    pub fn new(words: &'static str) -> Self {
        Self { text: Some(words.to_owned()) }
    }

    /// A command of the user's own config, for the user's own shell as it stands.
    pub fn from_config(command: &str) -> Self {
        Self { text: Some(command.to_owned()).filter(|command| is_copied(command)) }
    }

    /// Adds our own words.
    pub fn words(&mut self, words: &'static str) {
        if let Some(text) = &mut self.text {
            text.push(' ');
            text.push_str(words);
        }
    }

    /// Adds one word that is not ours.
    pub fn value(&mut self, value: &str) {
        let quoted = Value::word(value).in_command(true);
        self.text = self.text.take().zip(quoted).map(|(text, value)| format!("{text} {value}"));
    }

    /// Adds one of our own flags with its value.
    pub fn flag(&mut self, flag: &'static str, value: &str) {
        self.words(flag);
        self.value(value);
    }
}

impl Login {
    /// The command by which the CVM's shell runs `command`.
    pub fn run(&self, command: &ShellCommand) -> ShellCommand {
        let text = command.text.as_deref().and_then(|command| self.command(command));
        ShellCommand { text }
    }

    /// The same as text: one word for the user's own shell, unless that changes nothing.
    fn command(&self, command: &str) -> Option<String> {
        match self {
            Self::Here => Some(command.to_owned()),
            Self::Ssh(login) => {
                let login = login.text.as_deref()?;
                let words =
                    if command.split(' ').all(is_plain) { Cow::Borrowed(command) } else { quoted(command)? };
                Some(format!("{login} {words}"))
            }
        }
    }
}

/// A part of a template that is filled as a whole or not at all.
fn section<'a>(template: &str, value: &impl Fn(&str) -> Value<'a>) -> Option<String> {
    let mut text = String::new();
    for (index, part) in template.split('`').enumerate() {
        if index % 2 == 0 {
            text.push_str(&filled(part, |name, _| value(name).in_sentence())?);
            continue;
        }
        let remote = part.strip_prefix("{login} ").filter(|rest| !rest.starts_with('-'));
        let command = match (remote, value("login")) {
            (Some(command), Value::Login(login)) => {
                login.command(&filled(command, |name, begins| value(name).in_command(begins))?)?
            }
            _ => filled(part, |name, begins| value(name).in_command(begins))?,
        };
        text.extend(["`", &command, "`"]);
    }
    Some(text)
}

/// `template` with its values; each with whether it begins a word.
fn filled(template: &str, value: impl Fn(&str, bool) -> Option<String>) -> Option<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{')
        && let Some((name, behind)) = after.split_once('}')
    {
        text.push_str(before);
        let begins = text.is_empty() || text.ends_with(' ');
        text.push_str(&value(name, begins)?);
        rest = behind;
    }
    Some(text + rest)
}

/// True if what is shown of the text is the text, and does not end the command in which it stands: a backquote does,
/// whatever a shell makes of it.
fn is_copied(text: &str) -> bool {
    !text.chars().any(|c| matches!(c, '`' | '\t' | '\u{fffd}') || is_shapeless(c))
}

/// True if a shell takes the text for one word as it stands.
pub fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&byte);
    // `=cmd` is a path for zsh.
    !text.is_empty() && !text.starts_with('=') && text.bytes().all(plain)
}

/// `text` as one word for a shell, quoted only where it needs be; `None` if it cannot be copied from a screen.
///
/// What single quotes do not protect everywhere stands outside of them: fish has escapes in them, csh a history.
fn quoted(text: &str) -> Option<Cow<'_, str>> {
    if is_plain(text) {
        return Some(Cow::Borrowed(text));
    }
    if !is_copied(text) {
        return None;
    }
    let mut quoted = String::from("'");
    for c in text.chars() {
        match c {
            '\'' | '\\' | '!' => quoted.extend(["'\\", c.encode_utf8(&mut [0; 4]), "'"]),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    Some(Cow::Owned(quoted))
}

#[cfg(test)]
mod tests;
