//! Layouts of the system and of software that is not written in C++, Java or Python.

use crate::line::layout::Layout::{Ganesha, JavaUtil, Json, Logfmt, OpenVSwitch, Samba, Syslog, Tomcat};
use crate::line::tests::hold;

#[test]
fn syslog_of_both_kinds_has_no_level() {
    hold(&[
        (
            Syslog,
            "2025-06-11T03:12:44.413144Z",
            "none",
            "2025-06-11T12:12:44.413144+09:00 NTNX-A-CVM kernel: [106064.3] critical error",
            "[106064.3]",
        ),
        (
            Syslog,
            "2025-06-11T03:12:45.002487Z",
            "none",
            "2025-06-11T12:12:45.002487+0900 NTNX-A-CVM systemd[1]: Started",
            "Started",
        ),
        (
            Syslog,
            "2025-06-11T12:12:45Z",
            "none",
            "2025-06-11T12:12:45Z host sudo:  nutanix : TTY=unknown",
            " nutanix :",
        ),
        (
            Syslog,
            "2025-06-11T10:12:44Z",
            "none",
            "Jun 11 03:12:44 NTNX-A-CVM sshd[20112]: Accepted",
            "Accepted",
        ),
        (
            Syslog,
            "2025-06-01T10:12:44Z",
            "none",
            "Jun  1 03:12:44 NTNX-A-CVM su(pam_unix)[7]: ERROR x",
            "ERROR x",
        ),
        (
            Syslog,
            "2024-12-31T10:12:44Z",
            "none",
            "Dec 31 03:12:44 host last message repeated 3 times",
            "host last",
        ),
        (Syslog, "2023-06-11T10:12:44Z", "none", "Jun 11 2023 03:12:44 host tag: x", "x"),
        (Syslog, "2025-06-11T10:12:44Z", "error", "Jun 11 03:12:44 host local3.err tag[1]: x", "x"),
        (Syslog, "2025-06-11T10:12:44Z", "warning", "Jun 11 03:12:44 host daemon.warn tag: x", "x"),
        (
            Syslog,
            "2025-06-11T10:12:44Z",
            "fatal",
            "<34>Jun 11 03:12:44 host su: 'su root' failed",
            "'su root'",
        ),
        (
            Syslog,
            "2025-06-11T03:12:44.003Z",
            "info",
            "<165>1 2025-06-11T03:12:44.003Z host app 12 ID47 - msg",
            "- msg",
        ),
    ]);
}

#[test]
fn catalina_has_the_level_on_the_next_line_or_its_own() {
    hold(&[
        (
            JavaUtil,
            "2025-06-11T10:12:44Z",
            "none",
            "Jun 11, 2025 3:12:44 AM org.apache.catalina.core.StandardService startInternal",
            "org.apache",
        ),
        (
            JavaUtil,
            "2014-12-01T07:01:02Z",
            "none",
            "Dec 1, 2014 12:01:02 AM org.apache.Catalina start",
            "org.apache",
        ),
        (JavaUtil, "2025-06-11T22:12:44Z", "none", "Jun 11, 2025 3:12:44\u{202f}PM a.B c", "a.B c"),
        (
            Tomcat,
            "2025-06-11T10:12:44.123Z",
            "info",
            "11-Jun-2025 03:12:44.123 INFO [main] org.apache.catalina.Catalina.start Server up",
            "Server up",
        ),
        (
            Tomcat,
            "2025-06-11T10:12:44.123Z",
            "error",
            "11-Jun-2025 03:12:44.123 SEVERE [http-nio-9080-exec-1] a.b.C.d Servlet threw",
            "Servlet",
        ),
        (Tomcat, "2025-06-11T10:12:44.123Z", "debug", "11-Jun-2025 03:12:44.123 FINE [main] a.b.C.d x", "x"),
    ]);
}

#[test]
fn logfmt_in_any_order() {
    hold(&[
        (
            Logfmt,
            "2025-06-11T10:12:46Z",
            "error",
            "time=\"2025-06-11T03:12:46-07:00\" level=error msg=\"Hit error\"",
            "msg=",
        ),
        (
            Logfmt,
            "2025-06-11T03:12:46.123Z",
            "info",
            "level=info ts=2025-06-11T03:12:46.123Z caller=main.go:12 msg=up",
            "caller=",
        ),
        (
            Logfmt,
            "2025-06-11T03:12:46.123Z",
            "info",
            "time=2025-06-11T03:12:46.123Z level=INFO+2 source=a.go:1 msg=slog",
            "source=",
        ),
        (
            Logfmt,
            "2025-06-11T03:12:46Z",
            "warning",
            "logger=x t=2025-06-11T12:12:46+0900 level=warn msg=grafana",
            "logger=",
        ),
        (
            Logfmt,
            "2025-06-11T03:12:46Z",
            "error",
            "t=2025-06-11T03:12:46+0000 lvl=eror msg=\"a \\\"quoted\\\" x\"",
            "msg=",
        ),
        (Logfmt, "2025-06-11T03:12:46.25Z", "debug", "ts=1749611566.25 level=debug msg=x", "msg="),
        (Logfmt, "", "fatal", "level=fatal msg=\"no time\"", "msg="),
        (Logfmt, "", "info", "INFO[0042] started  node=a", "started"),
        (Logfmt, "2025-06-11T10:12:46Z", "warning", "WARN[2025-06-11T03:12:46-07:00] slow", "slow"),
    ]);
}

#[test]
fn open_vswitch_separates_with_bars() {
    hold(&[
        (
            OpenVSwitch,
            "2025-06-11T03:12:44.001Z",
            "info",
            "2025-06-11T03:12:44.001Z|00012|bridge|INFO|bridge br0: added",
            "bridge br0",
        ),
        (
            OpenVSwitch,
            "2025-06-11T03:12:44.001Z",
            "warning",
            "2025-06-11T03:12:44.001Z|00001|ovs_rcu(urcu3)|WARN|blocked 1000 ms",
            "blocked",
        ),
        (
            OpenVSwitch,
            "2025-06-11T03:12:44.001Z",
            "error",
            "2025-06-11T03:12:44.001Z|01234|netdev_linux|ERR|x|y",
            "x|y",
        ),
        (
            OpenVSwitch,
            "2025-06-11T03:12:44.001Z",
            "fatal",
            "2025-06-11T03:12:44.001Z|7|util|EMER|assert",
            "assert",
        ),
        (
            OpenVSwitch,
            "2025-06-11T03:12:44.001Z",
            "debug",
            "2025-06-11T03:12:44.001Z|7|poll_loop|DBG|wakeup",
            "wakeup",
        ),
    ]);
}

#[test]
fn ganesha_writes_the_day_first() {
    hold(&[
        (
            Ganesha,
            "2025-06-11T10:12:44Z",
            "info",
            "11/06/2025 03:12:44 : epoch 6848f0aa : host-a : ganesha.nfsd-12[main] main :MAIN :EVENT :Starting",
            "Starting",
        ),
        (
            Ganesha,
            "2025-06-11T10:12:44Z",
            "warning",
            "11/06/2025 03:12:44 : epoch 6848f0aa : host-a : ganesha.nfsd-12[svc_2] f :NFS STARTUP :WARN :x :INFO :y",
            "x :INFO",
        ),
        (
            Ganesha,
            "2025-12-31T10:12:44Z",
            "fatal",
            "31/12/2025 03:12:44 : epoch 6848f0aa : h : n-1[a] f :FSAL :CRIT :bad",
            "bad",
        ),
        (
            Ganesha,
            "2025-06-11T10:12:44Z",
            "trace",
            "11/06/2025 03:12:44 : epoch 6848f0aa : h : n-1[a] f :FSAL :F_DBG :x",
            "x",
        ),
    ]);
}

#[test]
fn samba_writes_a_number_for_the_level() {
    hold(&[
        (
            Samba,
            "2025-06-11T10:12:44.123456Z",
            "error",
            "[2025/06/11 03:12:44.123456,  0, pid=12, effective(0, 0), real(0, 0)] ../../source3/server.c:1234(main)",
            "../../source3",
        ),
        (
            Samba,
            "2025-06-11T10:12:44.123456Z",
            "warning",
            "[2025/06/11 03:12:44.123456,  1] smbd/server.c:1(f)",
            "smbd",
        ),
        (Samba, "2014-06-11T10:12:44Z", "info", "[2014/06/11 03:12:44,  3] smbd/server.c:1(f)", "smbd"),
        (
            Samba,
            "2014-06-11T10:12:44Z",
            "debug",
            "[2014/06/11 03:12:44, 5, class=auth] auth.c:1(f)",
            "auth.c",
        ),
        (Samba, "2014-06-11T10:12:44Z", "trace", "[2014/06/11 03:12:44, 10] auth.c:1(f)", "auth.c"),
    ]);
}

#[test]
fn json_by_its_own_keys_only() {
    hold(&[
        (
            Json,
            "2025-06-11T03:12:44.001Z",
            "info",
            r#"{"level":"info","ts":1749611564.001,"caller":"a.go:1","msg":"zap"}"#,
            r#""caller""#,
        ),
        (
            Json,
            "2025-06-11T03:12:44.001Z",
            "warning",
            r#"{"name":"x","pid":1,"level":40,"msg":"{\"level\":\"fatal\"}","time":"2025-06-11T03:12:44.001Z","v":0}"#,
            "{",
        ),
        (
            Json,
            "2025-06-11T03:12:44.123Z",
            "fatal",
            r#"{"level":60,"time":1749611564123,"msg":"pino"}"#,
            r#""msg""#,
        ),
        (
            Json,
            "2025-06-11T03:12:44.123456Z",
            "error",
            r#"{ "@timestamp" : "2025-06-11T12:12:44.123456+09:00" , "severity" : "ERROR"}"#,
            "}",
        ),
        (
            Json,
            "2025-06-11T03:12:44.123Z",
            "error",
            r#"{"a":{"time":1,"level":"info","s":"}\"]"},"b":[1,{"ts":2}],"msg":"x\\","lvl":"eror","timestamp":"2025-06-11 03:12:44,123Z"}"#,
            "{",
        ),
        (
            Json,
            "2025-06-11T10:12:44Z",
            "none",
            r#"{"time":"2025-06-11 03:12:44","message":"no level"}"#,
            r#""message""#,
        ),
        (Json, "", "warning", r#"{"level":"warning","msg":"no time","time":"31 ms"}"#, r#""msg""#),
        (
            Json,
            "2025-06-11T03:12:44Z",
            "debug",
            r#"{"time":"2025-06-11T03:12:44Z","level":"DEBUG","msg":"cut sho"#,
            r#""msg""#,
        ),
        (
            Json,
            "2025-06-11T03:12:44.123456789Z",
            "info",
            r#"{"ts":1749611564123456789,"level":"notice"}"#,
            "}",
        ),
    ]);
}
