//! The dependencies, as `cargo metadata` lists them: licences, duplicates, the Rust version they need, and their use.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{graph, rust_files, sources};

/// The output of a command of the toolchain, run in the repository.
fn output(program: &str, arguments: &[&str]) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    let output = Command::new(program).args(arguments).current_dir(root).output();
    let output = output.unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// All packages that are compiled on this platform.
fn packages() -> Vec<Value> {
    let version = output("rustc", &["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let arguments = ["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", host];
    let metadata: Value = serde_json::from_str(&output(env!("CARGO"), &arguments)).expect("JSON");
    let compiled: BTreeSet<&str> =
        list(&metadata["resolve"]["nodes"]).iter().filter_map(|node| node["id"].as_str()).collect();
    let all = list(&metadata["packages"]).iter();
    all.filter(|package| compiled.contains(text(package, "id"))).cloned().collect()
}

/// The entries of a list; none if it is no list.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// That field as text; empty if it is none.
fn text<'a>(package: &'a Value, field: &str) -> &'a str {
    package[field].as_str().unwrap_or_default()
}

/// A file of the repository as TOML.
fn toml(file: &str) -> toml::Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).expect("readable").parse().expect("TOML")
}

/// The texts of a list in `deny.toml`, each entry as it is or by its field `crate`.
fn denied(section: &str, key: &str) -> BTreeSet<String> {
    let deny = toml("deny.toml");
    let entries = deny[section][key].as_array().expect("a list").iter();
    entries
        .filter_map(|entry| entry.as_str().or_else(|| entry["crate"].as_str()).map(str::to_owned))
        .collect()
}

/// Whether an SPDX expression holds if these licences are accepted: `AND` binds closer than `OR`, and `/` is an old
/// spelling of `OR`.
fn accepts(allowed: &BTreeSet<String>, expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let accepted = any(allowed, &mut words);
    accepted && words.next().is_none()
}

/// The words of an expression that are still to be read.
type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

/// Reads alternatives.
fn any(allowed: &BTreeSet<String>, words: &mut Words) -> bool {
    let mut accepted = all(allowed, words);
    while words.next_if_eq(&"OR").is_some() {
        accepted |= all(allowed, words);
    }
    accepted
}

/// Reads what must hold together.
fn all(allowed: &BTreeSet<String>, words: &mut Words) -> bool {
    let mut accepted = one(allowed, words);
    while words.next_if_eq(&"AND").is_some() {
        accepted &= one(allowed, words);
    }
    accepted
}

/// Reads one licence or a group in brackets.
fn one(allowed: &BTreeSet<String>, words: &mut Words) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let accepted = any(allowed, words);
        return words.next_if_eq(&")").is_some() && accepted;
    }
    let mut licence = words.next().unwrap_or_default().to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        licence = format!("{licence} WITH {}", words.next().unwrap_or_default());
    }
    allowed.contains(&licence)
}

#[test]
fn licences_are_among_those_accepted() {
    let allowed = denied("licenses", "allow");
    let refused = packages().into_iter().filter(|package| !accepts(&allowed, text(package, "license")));
    let refused: Vec<String> =
        refused.map(|package| format!("{} {}", package["name"], package["license"])).collect();
    assert_eq!(refused, Vec::<String>::new());
}

#[test]
fn licence_expressions_are_read_as_spdx_has_them() {
    let allowed = BTreeSet::from(["MIT", "Unicode-3.0"].map(str::to_owned));
    for (expression, accepted) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("MIT/Apache-2.0", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("MIT OR GPL-3.0 AND Apache-2.0", true),
        ("(MIT OR GPL-3.0) AND Apache-2.0", false),
        ("Apache-2.0 WITH LLVM-exception", false),
        ("Apache-2.0 WITH LLVM-exception OR MIT", true),
        ("", false),
    ] {
        assert_eq!(accepts(&allowed, expression), accepted, "{expression}");
    }
}

#[test]
fn no_package_comes_in_two_versions() {
    let skipped = denied("bans", "skip");
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages() {
        let (name, version) = (text(&package, "name"), text(&package, "version"));
        let major = version.split('.').next().unwrap_or_default();
        if !skipped.contains(&format!("{name}@{major}")) {
            versions.entry(name.to_owned()).or_default().insert(version.to_owned());
        }
    }
    versions.retain(|_, versions| versions.len() > 1);
    assert_eq!(versions, BTreeMap::new());
}

#[test]
fn the_declared_rust_version_suffices_and_is_that_of_the_tests() {
    let number = |version: &str| -> Vec<u32> {
        version.split(['.', '-']).take(2).filter_map(|part| part.parse().ok()).collect()
    };
    let declared = number(env!("CARGO_PKG_RUST_VERSION"));
    let newer = packages().into_iter().filter(|package| number(text(package, "rust_version")) > declared);
    let newer: Vec<String> =
        newer.map(|package| format!("{} {}", package["name"], package["rust_version"])).collect();
    assert_eq!(newer, Vec::<String>::new());
    let version = output("rustc", &["--version"]);
    let installed = number(version.split(' ').nth(1).expect("a version"));
    assert!(installed >= declared, "rust-version says {declared:?}, but this is {version}");
}

#[test]
fn every_dependency_is_used() {
    let manifest = toml("Cargo.toml");
    let names = |section: &str| -> Vec<String> {
        manifest[section].as_table().expect("a table").keys().cloned().collect()
    };
    let code = graph(&sources());
    let used: BTreeSet<&String> = code.crates.values().flatten().collect();
    let unused = names("dependencies").into_iter().filter(|name| !used.contains(&name.replace('-', "_")));
    assert_eq!(unused.collect::<Vec<_>>(), Vec::<String>::new());
    let files = ["src", "tests", "examples", "benches"].into_iter().flat_map(rust_files);
    let texts: Vec<String> = files.map(|path| fs::read_to_string(path).expect("readable")).collect();
    let is_used = |name: &String| {
        let path = format!("{}::", name.replace('-', "_"));
        texts.iter().any(|text| text.contains(&path))
    };
    let unused = names("dev-dependencies").into_iter().filter(|name| !is_used(name));
    assert_eq!(unused.collect::<Vec<_>>(), Vec::<String>::new());
}
