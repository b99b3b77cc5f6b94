//! Defaults of flags from the config.
//!
//! No flag is named here: a key of `[defaults]` is any long flag of the command, and its value is what that flag
//! would be given on the command line. So a new flag can have a default without a change here.

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};
use toml::Value;

use crate::cli::Cli;
use crate::cli::command::command;
use crate::cluster::nearest;
use crate::config::{Config, Located};
use crate::usage::Usage;

/// Flags that make no sense in a config: it cannot name itself, a trace begins before it is read, and help and version
/// would end the run.
const NOT_HERE: [&str; 4] = ["config", "debug", "help", "version"];

/// Parses the command line again with the defaults of the config in front of it.
pub fn merge(arguments: &[OsString], typed: &ArgMatches, config: &Config) -> Result<Cli, Usage> {
    let mut whole = command();
    whole.build();
    let defaults = checked(&whole, config)?;
    // The verb, if there is one, is the first word: clap takes none after a flag.
    let (target, typed, head) = match typed.subcommand() {
        Some((name, typed)) => (whole.find_subcommand(name).unwrap_or(&whole), typed, 2),
        None => (&whole, typed, 1),
    };
    let mut words: Vec<OsString> = arguments.iter().take(head).cloned().collect();
    for (long, values) in defaults {
        // These are different flags in the verbs, with other values.
        let is_other = head > 1 && matches!(long.as_str(), "json" | "output" | "since" | "until");
        if let Some(flag) = flag(target, &long).filter(|_| !is_other)
            && !is_settled(target, flag, typed)
        {
            words.extend(values);
        }
    }
    words.extend(arguments.iter().skip(head).cloned());
    let matches = command().try_get_matches_from(words).and_then(|matches| Cli::from_arg_matches(&matches));
    matches.map_err(|error| {
        Usage::new(format!(
            "the command line conflicts with the [defaults] of the config: {}",
            message_of(&error)
        ))
    })
}

/// Whether the command line itself sets `flag`, or another flag that conflicts with it.
fn is_settled(command: &Command, flag: &Arg, typed: &ArgMatches) -> bool {
    command
        .get_arguments()
        .filter(|other| typed.value_source(other.get_id().as_str()) == Some(ValueSource::CommandLine))
        .any(|other| {
            other.get_id() == flag.get_id()
                || command.get_arg_conflicts_with(flag).iter().any(|rival| rival.get_id() == other.get_id())
                || command.get_arg_conflicts_with(other).iter().any(|rival| rival.get_id() == flag.get_id())
        })
}

/// Each default as the words that would set it on the command line; all of them valid, alone and together.
fn checked(command: &Command, config: &Config) -> Result<Vec<(String, Vec<OsString>)>, Usage> {
    let mut checked = Vec::new();
    for (key, value) in &config.defaults {
        let words = words_of(command, key, value).map_err(|usage| usage.at(&key.place))?;
        let alone = [OsString::from("cvmtail")].into_iter().chain(words.iter().cloned());
        if let Err(error) = command.clone().try_get_matches_from(alone) {
            return Err(Usage::new(message_of(&error)).at(&key.place));
        }
        checked.push((key.value.clone(), words));
    }
    let together =
        [OsString::from("cvmtail")].into_iter().chain(checked.iter().flat_map(|(_, words)| words).cloned());
    if let Err(error) = command.clone().try_get_matches_from(together) {
        return Err(Usage::new(format!(
            "the [defaults] of the config conflict with each other: {}",
            message_of(&error)
        )));
    }
    Ok(checked)
}

/// The words that set the flag named `key` to `value`; none for a switch that is off.
fn words_of(command: &Command, key: &Located<String>, value: &Value) -> Result<Vec<OsString>, Usage> {
    let long = &key.value;
    let Some(flag) = flag(command, long) else {
        let usage = Usage::new(format!("`{}` is not a flag that can have a default", long.escape_debug()));
        let longs = command.get_arguments().filter(|arg| can_have_default(arg)).filter_map(Arg::get_long);
        return Err(match nearest::did_you_mean(long, longs) {
            Some(hint) => usage.hint(hint),
            None => usage,
        });
    };
    let word = |value: String| OsString::from(format!("--{long}={value}"));
    match (flag.get_action(), value) {
        (ArgAction::SetTrue, Value::Boolean(on)) => {
            Ok(on.then(|| format!("--{long}").into()).into_iter().collect())
        }
        (ArgAction::SetTrue, _) => Err(Usage::new(format!("`{long}` is a switch: write true or false"))),
        (ArgAction::Append, Value::Array(all)) => {
            let words: Option<Vec<_>> = all.iter().map(|value| scalar(value).map(word)).collect();
            words.ok_or_else(|| Usage::new(format!("`{long}` takes a list of strings")))
        }
        // A flag whose value may be left out can also be written as a switch.
        (ArgAction::Set, Value::Boolean(on)) if flag.is_require_equals_set() => {
            Ok(on.then(|| format!("--{long}").into()).into_iter().collect())
        }
        (ArgAction::Append, value) => scalar(value)
            .map(|value| vec![word(value)])
            .ok_or_else(|| Usage::new(format!("`{long}` takes a string or a list of strings"))),
        (_, value) => scalar(value)
            .map(|value| vec![word(value)])
            .ok_or_else(|| Usage::new(format!("`{long}` takes a string or a number"))),
    }
}

/// The flag with this long name, if the config may set it.
fn flag<'a>(command: &'a Command, long: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|arg| can_have_default(arg) && arg.get_long() == Some(long))
}

/// Whether the config may set this flag.
pub fn can_have_default(arg: &Arg) -> bool {
    !arg.is_hide_set() && arg.get_long().is_some_and(|long| !NOT_HERE.contains(&long))
}

/// A string or a number as it would be typed.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The message of clap, without its frame.
fn message_of(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let end = ["\n\nUsage:", "\n\nFor more"].iter().filter_map(|frame| text.find(frame)).min();
    text[..end.unwrap_or(text.len())].trim_end().to_owned()
}
