//! Lines of other programs on a CVM: a time near the start, and possibly a level.

use crate::line::layout::Layout::{Access, Other, Plain, Sysstats};
use crate::line::level::Level;
use crate::line::tests::{head, hold, level};

#[test]
fn times_in_iso_8601_variants() {
    hold(&[
        (
            Other,
            "2025-06-11T03:12:44.001Z",
            "none",
            "2025-06-11T03:12:44.001Z Something happened",
            "Something",
        ),
        (Other, "2025-06-11T03:12:44.1Z", "none", "2025-06-11T03:12:44,1Z x", "x"),
        (
            Other,
            "2025-06-11T03:12:44.123456789Z",
            "none",
            "2025-06-11T03:12:44.123456789Z stdout F x",
            "stdout",
        ),
        (Other, "2025-06-10T18:12:44Z", "none", "2025-06-11T03:12:44+09 x", "x"),
        (Other, "2025-06-11T03:12:44Z", "none", "2025-06-11t03:12:44z x", "x"),
        (Plain, "2025-06-10T18:12:44Z", "none", "2025-06-11 03:12:44 +0900 x", "x"),
        (Plain, "2025-06-11T03:12:44.123Z", "none", "2025-06-11 03:12:44.123 UTC [9] LOGGED x", "[9] LOGGED"),
        (Plain, "2025-06-11T10:12:44Z", "none", "2025-06-11 03:12:44", ""),
        (Other, "2025-06-11T03:12:44.5Z", "info", "20250611T031244.5Z INFO x", "x"),
        (Plain, "2016-12-31T23:59:59Z", "none", "2016-12-31 23:59:60Z leap", "leap"),
    ]);
}

#[test]
fn levels_after_the_time() {
    hold(&[
        (Plain, "2025-06-11T10:12:44Z", "error", "2025-06-11 03:12:44 [ERROR] boom", "boom"),
        (
            Plain,
            "2025-06-11T10:12:44Z",
            "error",
            "2025-06-11 03:12:44 [salt.minion :12][ERROR   ][77] boom",
            "[77]",
        ),
        (
            Plain,
            "2025-06-11T10:12:44.001Z",
            "info",
            "2025-06-11 03:12:44,001 - my.module - INFO - hello",
            "hello",
        ),
        (
            Plain,
            "2025-06-11T10:12:44.001Z",
            "debug",
            "2025-06-11 03:12:44,001 urllib3.pool DEBUG hello",
            "hello",
        ),
        (
            Plain,
            "2025-06-11T10:12:44.001Z",
            "info",
            "2025-06-11 03:12:44.001 | INFO     | a:b:12 - hello",
            "hello",
        ),
        (
            Plain,
            "2025-06-11T10:12:44.001Z",
            "warning",
            "2025-06-11 03:12:44,001 [main] WARN  com.foo.Bar - hello",
            "com.foo",
        ),
        (
            Plain,
            "2025-06-11T10:12:44.001Z",
            "info",
            "2025-06-11 03:12:44.001  INFO 1234 --- [  main] c.e.Foo    : hello",
            "hello",
        ),
        (
            Other,
            "2025-06-11T03:12:44.001Z",
            "warning",
            "2025-06-11T03:12:44.001Z  WARN 1 --- [x] [  main] c.e.Foo : hello",
            "hello",
        ),
        (
            Other,
            "2025-06-10T18:12:44.001Z",
            "info",
            "2025-06-11T03:12:44.001+0900\tinfo\tcontroller/a.go:12\thello",
            "hello",
        ),
        (
            Other,
            "2025-06-11T03:12:44.001Z",
            "fatal",
            "2025-06-11T03:12:44.001Z\tDPANIC\ta.go:12\thello",
            "hello",
        ),
        (
            Other,
            "2025-06-11T03:12:44.001Z",
            "error",
            "2025-06-11T03:12:44.001Z\t\u{1b}[31mERROR\u{1b}[0m\ta.go:12\thello",
            "hello",
        ),
        (
            Plain,
            "2025-06-11T10:12:44.123456Z",
            "warning",
            "2025-06-11 03:12:44.123456 W | etcdserver: slow",
            "etcdserver",
        ),
        (Other, "2025-06-11T03:12:44Z", "info", "2025-06-11T03:12:44Z INF hello", "hello"),
        (Other, "2025-06-11T03:12:44.1Z", "warning", "2025-06-11T03:12:44.1Z [WARN]  agent: hello", "agent"),
        (
            Plain,
            "2025-06-11T10:12:44.1Z",
            "error",
            "2025-06-11 03:12:44.1: E stream_executor/a.cc:12] hello",
            "hello",
        ),
        (Plain, "2025-06-11T03:12:44Z", "info", "2025-06-11 03:12:44 +0000 [info]: #0 fluentd", "#0"),
        (Plain, "2025-06-11T10:12:44Z", "error", "2025-06-11 03:12:44 error: winston", "winston"),
    ]);
}

#[test]
fn times_in_brackets_and_after_a_prefix() {
    hold(&[
        (Other, "2025-06-11T10:12:44Z", "info", "[2025/06/11 03:12:44] [ info] [engine] started", "[engine]"),
        (
            Other,
            "2025-06-11T03:12:44.001Z",
            "none",
            "[2025-06-11T03:12:44.001Z] \"GET / HTTP/1.1\" 200",
            "\"GET",
        ),
        (
            Other,
            "2025-06-11T03:12:44Z",
            "info",
            "[2025-06-11 03:12:44 +0000] [123] [INFO] Booting worker",
            "Booting",
        ),
        (Other, "2025-06-11T03:12:44Z", "warning", "[2025-06-11T03:12:44Z WARN  my::module] hello", "hello"),
        (
            Other,
            "2025-06-11T10:12:44.001Z",
            "warning",
            "[2025-06-11T03:12:44,001][WARN ][o.e.n.Node] [a] hello",
            "[o.e.n",
        ),
        (
            Other,
            "2025-06-11T10:12:44.001Z",
            "info",
            "[2025-06-11 03:12:44,001] INFO [Log p=1] hello (kafka.log)",
            "[Log",
        ),
        (
            Other,
            "2025-06-11T10:12:44.001Z",
            "error",
            "[2025-06-11 03:12:44,001] {a.py:12} ERROR - hello",
            "hello",
        ),
        (
            Other,
            "2025-06-11T10:12:44.1Z",
            "error",
            "[2025-06-11 03:12:44.1][1234][error][main] [a.cc:1] hello",
            "[main]",
        ),
        (
            Other,
            "2025-06-11T10:12:44.123456Z",
            "error",
            "[Wed Jun 11 03:12:44.123456 2025] [core:error] [pid 1] AH1",
            "[pid",
        ),
        (Other, "2025-06-11T10:12:44Z", "info", "[I 250611 03:12:44 web:2064] 200 GET", "200"),
        (Other, "2025-06-11T10:12:44Z", "info", "[INFO ] 2025-06-11 03:12:44 hello", "hello"),
        (Other, "2025-06-11T10:12:44Z", "error", "[ERROR][2025-06-11 03:12:44] hello", "hello"),
        (Other, "2025-06-11T10:12:44Z", "info", "[main] 2025-06-11 03:12:44 INFO hello", "hello"),
        (
            Other,
            "2025-06-11T10:12:44Z",
            "error",
            "2025/06/11 03:12:44 [error] 1234#0: *1 open() failed",
            "1234#0",
        ),
        (
            Other,
            "2025-06-11T10:12:44.123456Z",
            "none",
            "2025/06/11 03:12:44.123456 main.go:12: hello",
            "main.go",
        ),
        (
            Other,
            "2025-06-11T10:12:44.123456Z",
            "none",
            "2025/06/11-03:12:44.123456 7f2a11b0c700 [db/a.cc:1] hello",
            "[db",
        ),
        (Other, "2025-06-11T10:12:44Z", "none", "Wed Jun 11 03:12:44 2025 hello", "hello"),
        (Other, "2025-06-11T03:12:44Z", "none", "Wed Jun 11 03:12:44 UTC 2025", ""),
        (Other, "2025-06-11T03:12:44Z", "info", "NTNX-A-CVM 2025-06-11T03:12:44Z INFO hello", "hello"),
        (Other, "2025-06-11T03:12:44Z", "none", "ergon[12]: 2025-06-11T03:12:44Z hello", "hello"),
        (Other, "2025-06-11T10:12:44Z", "warning", "warn: 2025-06-11 03:12:44 hello", "hello"),
        (
            Access,
            "2025-06-11T03:12:44Z",
            "none",
            "10.20.30.9 - admin [11/Jun/2025:03:12:44 +0000] \"GET / HTTP/1.1\" 200 1",
            "\"GET",
        ),
        (
            Access,
            "2025-06-10T18:12:44Z",
            "none",
            "::1 - - [11/Jun/2025:03:12:44 +0900] \"GET /\" 200 1",
            "\"GET",
        ),
        (Sysstats, "2025-06-11T03:12:44Z", "none", "#TIMESTAMP 1749611564 : 06/11/2025 03:12:44 AM", "06/11"),
    ]);
}

#[test]
fn nuls_and_colors_before_a_head_are_skipped() {
    hold(&[
        (Plain, "2025-06-11T10:12:44Z", "error", "\0\0\x002025-06-11 03:12:44 [ERROR] boom", "boom"),
        (Plain, "2025-06-11T10:12:44Z", "none", "\u{1b}[1;32m2025-06-11 03:12:44 x", "x"),
    ]);
    assert_eq!(head(b"\0\0\0"), None);
    assert_eq!(head(b"\x1b[0m"), None);
    assert_eq!(head(b"\x1b[0m\x1b\x1b\x1b"), None);
}

#[test]
fn level_words_of_all_loggers() {
    for (word, expected) in [
        ("FINEST", "trace"),
        ("finer", "trace"),
        ("TRC", "trace"),
        ("FINE", "debug"),
        ("Debug", "debug"),
        ("CONFIG", "info"),
        ("NOTICE", "info"),
        ("notice", "info"),
        ("INFO", "info"),
        ("WARN", "warning"),
        ("warning", "warning"),
        ("SEVERE", "error"),
        ("err", "error"),
        ("ERROR", "error"),
        ("CRITICAL", "fatal"),
        ("crit", "fatal"),
        ("PANIC", "fatal"),
        ("DPANIC", "fatal"),
        ("EMERG", "fatal"),
        ("alert", "fatal"),
        ("emergency", "fatal"),
        ("FATAL", "fatal"),
        ("i", "info"),
        ("W", "warning"),
        ("e", "error"),
        ("f", "fatal"),
    ] {
        assert_eq!(Level::from_name(word), level(expected), "{word}");
    }
    for word in ["loud", ""] {
        assert_eq!(Level::from_name(word), None, "{word}");
    }
}
