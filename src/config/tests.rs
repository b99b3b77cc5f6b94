use std::path::Path;

use proptest::prelude::*;

use super::{Config, parse};

/// A config in the order a person would write it.
const WHOLE: &str = r#"
default_cluster = "lab"
default_logs = ["genesis", "mine"]

[clusters.lab]
cvms = ["10.0.0.[1-4]", "nutanix@10.0.0.9:2222"]
user = "nutanix"
port = 2022
jump = "bastion"

[logs]
mine = "/home/nutanix/data/logs/mine.out"

[defaults]
lines = 50
dead_after = "12s"
identity = "keys/cvm"
cvm-file = "-"
"#;

/// The config of a text that must be right.
fn good(text: &str) -> Config {
    parse(Path::new("/etc/cvmtail/config.toml"), text).expect("a good config")
}

/// The message about a text that must be wrong.
fn bad(text: &str) -> String {
    parse(Path::new("c.toml"), text).expect_err("a bad config").to_string()
}

#[test]
fn a_config_says_clusters_logs_and_defaults() {
    let config = good(WHOLE);
    assert_eq!(
        config.default_cluster.as_ref().map(|name| name.place.as_str()),
        Some("/etc/cvmtail/config.toml:2:19")
    );
    assert_eq!(config.default_logs.len(), 2);
    let lab = &config.clusters["lab"];
    assert_eq!((lab.cvms.len(), lab.port, lab.jump.as_deref()), (2, Some(2022), Some("bastion")));
    assert_eq!(config.logs["mine"], "/home/nutanix/data/logs/mine.out");
    let keys: Vec<_> = config.defaults.iter().map(|(key, _)| key.value.as_str()).collect();
    assert_eq!(keys, ["cvm-file", "dead-after", "identity", "lines"]);
}

#[test]
fn a_file_in_the_config_is_relative_to_the_config() {
    let config = good(WHOLE);
    let value =
        |key: &str| config.defaults.iter().find(|(known, _)| known.value == key).expect(key).1.as_str();
    assert_eq!(value("identity"), Some("/etc/cvmtail/keys/cvm"));
    assert_eq!(value("cvm-file"), Some("-"));
}

#[test]
fn a_mistake_is_told_with_file_line_and_column() {
    for (text, place, what) in [
        ("\nclusterz = 1", "c.toml:2:1: ", "clusterz"),
        ("[clusters.lab]\ncvms = ['a']\nuzer = 'x'", "c.toml:3:1: ", "uzer"),
        ("[clusters.lab]\nuser = 'x'", "c.toml:1:11: ", "cvms"),
        ("[clusters.lab]\ndiscover = '@other'", "c.toml:2:12: ", "another cluster"),
        ("[clusters.lab]\ncvms = ['10.0.0.[4-1]']", "c.toml:2:9: ", "backwards"),
        ("[clusters.lab]\ncvms = ['a', '-oX']", "c.toml:2:14: ", "`-`"),
        ("[clusters.lab]\ncvms = ['@other']", "c.toml:2:9: ", "another cluster"),
        ("[clusters.lab]\ncvms = ['a']\nport = 70000", "c.toml:3:8: ", "65535"),
        ("[clusters.lab]\ncvms = ['a']\nuser = '-l'", "c.toml:3:8: ", "user"),
        ("[clusters.lab]\ncvms = ['a']\njump = '-J x'", "c.toml:3:8: ", "jump"),
        ("default_cluster = 'lab'", "c.toml:1:19: ", "no cluster `lab`"),
        ("[logs]\nx = 'relative'", "c.toml:2:1: ", "absolute"),
        ("[logs]\n'a/b' = '/x'", "c.toml:2:1: ", "name of a log"),
        ("[logs]\nx = 3", "c.toml:2:5: ", "string"),
        ("default_logs = 3", "c.toml:1:16: ", "sequence"),
        ("x = ", "c.toml:1:", "string"),
        ("# é\n[", "c.toml:2:", ""),
    ] {
        let message = bad(text);
        assert!(message.starts_with(place), "{text}: {message}");
        assert!(message.contains(what), "{text}: {message}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}|[a-z\\[\\]=\"'\\n .0-9]{0,60}") {
        let _ = parse(Path::new("c.toml"), &text);
    }
}
