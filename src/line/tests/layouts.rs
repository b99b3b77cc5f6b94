//! Layouts of Nutanix services, old and new, at least three lines each.

use crate::line::layout::Layout::{Cassandra, Glog, Log4j, Plain, Python, ZooKeeper, ZooKeeperClient};
use crate::line::tests::hold;

#[test]
fn glog_new_is_utc_and_has_a_year() {
    hold(&[
        (
            Glog,
            "2025-06-11T03:12:45.123456Z",
            "info",
            "I20250611 03:12:45.123456Z 21034 vdisk_controller.cc:1187] opened",
            "opened",
        ),
        (
            Glog,
            "2025-06-11T03:12:46.000009Z",
            "warning",
            "W20250611 03:12:46.000009Z  3104 rpc_client.cc:291] Rpc [7] x",
            "Rpc [7]",
        ),
        (Glog, "2025-12-31T23:59:59.999999Z", "error", "E20251231 23:59:59.999999Z 7 a.cc:1] ] odd", "] odd"),
        (
            Glog,
            "2025-06-11T03:12:52.009930Z",
            "fatal",
            "F20250611 03:12:52.009930Z 21062 block_map.cc:512] Check failed: x",
            "Check failed",
        ),
        (
            Glog,
            "2025-06-11T10:12:45.123456Z",
            "info",
            "I20250611 03:12:45.123456 21034 no_zone.cc:1] local",
            "local",
        ),
    ]);
}

#[test]
fn glog_old_is_local_and_has_no_year() {
    hold(&[
        (
            Glog,
            "2025-06-11T10:12:45.123456Z",
            "info",
            "I0611 03:12:45.123456 21034 vdisk_controller.cc:1187] opened",
            "opened",
        ),
        (
            Glog,
            "2024-12-31T23:59:59.000001Z",
            "error",
            "E1231 16:59:59.000001  3104 rpc_client.cc:291] QFATAL DFATAL",
            "QFATAL",
        ),
        (Glog, "2025-06-11T10:12:45.123456Z", "fatal", "F0611 03:12:45.123456 1 main.go:12] gone", "gone"),
        (
            Glog,
            "2025-06-11T03:12:45.5Z",
            "warning",
            "W0000 00:00:1749611565.500000   123 early.cc:9] abseil",
            "abseil",
        ),
        (Glog, "2025-06-11T10:12:44Z", "none", "Log file created at: 2025/06/11 03:12:44", "Log file"),
    ]);
}

#[test]
fn python_new_is_utc_with_milliseconds() {
    hold(&[
        (
            Python,
            "2025-06-11T03:12:44.001Z",
            "info",
            "2025-06-11 03:12:44,001Z INFO 81234512 node_manager.py:2210 Starting",
            "Starting",
        ),
        (
            Python,
            "2025-06-11T03:12:44.093Z",
            "info",
            "2025-06-11 03:12:44,093Z INFO zookeeper_session.py:191 genesis is",
            "genesis is",
        ),
        (
            Python,
            "2025-06-11T03:12:45.700Z",
            "info",
            "2025-06-11 03:12:45,700Z INFO MainThread cluster:1007 Discovered",
            "Discovered",
        ),
        (
            Python,
            "2025-06-11T03:12:45.700Z",
            "fatal",
            "2025-06-11 03:12:45,700Z CRITICAL Thread-12 helper.py:33 (10.0.0.1, kTask) x",
            "(10.0.0.1",
        ),
        (
            Python,
            "2025-06-11T03:12:45.700Z",
            "error",
            "2025-06-11 03:12:45,700Z ERROR Thread-1 (worker) helper.py:33 x: 12",
            "x: 12",
        ),
        (
            Python,
            "2025-06-11T03:12:45.700Z",
            "warning",
            "2025-06-11 03:12:45,700Z WARNING 81234640 cluster_manager.py:5120 Peer",
            "Peer",
        ),
    ]);
}

#[test]
fn python_old_is_local_often_without_milliseconds() {
    hold(&[
        (
            Python,
            "2014-06-11T18:53:01Z",
            "info",
            "2014-06-11 11:53:01 INFO command.py:1035 Running",
            "Running",
        ),
        (
            Python,
            "2019-10-14T17:03:58Z",
            "error",
            "2019-10-14 10:03:58 ERROR 81234 cluster:2642 Failed",
            "Failed",
        ),
        (
            Python,
            "2019-10-14T17:03:58.120Z",
            "debug",
            "2019-10-14 10:03:58,120 DEBUG 81234 cluster:2642 x",
            "x",
        ),
        (Plain, "2019-10-14T17:03:58Z", "warning", "2019-10-14 10:03:58 WARNING no module here", "no module"),
    ]);
}

#[test]
fn a_daemon_may_start_with_only_the_level() {
    hold(&[
        (Python, "", "info", "INFO 81234512 node_manager.py:2210 Starting", "Starting"),
        (Python, "", "warning", "WARNING daemon.py:88 no pid file", "no pid"),
        (Python, "", "error", "ERROR MainThread cluster:1007 Discovered", "Discovered"),
        (Python, "", "error", "ERROR Failed to fork", "Failed"),
        (Python, "", "warning", "WARNING:root:msg of basicConfig", "msg"),
        (Python, "", "info", "INFO:kazoo.client:Connecting", "Connecting"),
        (Python, "", "info", "INFO     loguru_like.py:12 x", "x"),
    ]);
}

#[test]
fn log4j_puts_the_level_first() {
    hold(&[
        (
            Log4j,
            "2025-06-11T03:12:44.120Z",
            "info",
            "INFO  2025-06-11 03:12:44,120Z http-nio-1-exec-4 [] prism.aop.Interceptor.invoke:88 GET",
            "GET",
        ),
        (
            Log4j,
            "2025-06-11T03:12:44.300Z",
            "info",
            "INFO  2025-06-11 03:12:44,300Z ZeusCache [] adapter.Zeus.refresh:140 Conf",
            "Conf",
        ),
        (
            Log4j,
            "2014-07-17T19:47:23.712Z",
            "error",
            "ERROR 2014-07-17 12:47:23,712 SCHED-QUARTZ_Worker-1 [] a.B.c:12 Boom",
            "Boom",
        ),
        (
            Log4j,
            "2014-07-17T19:47:23.712Z",
            "warning",
            "WARN  2014-07-17 12:47:23,712 pool-7-thread-2 [user=x y] a.B$C.<init>:12 Odd",
            "Odd",
        ),
        (Log4j, "2014-07-17T19:47:23Z", "fatal", "FATAL 2014-07-17 12:47:23 main [] a.B.c:1 End", "End"),
        (Log4j, "2014-07-17T19:47:23.712Z", "trace", "TRACE 2014-07-17T12:47:23.712 free text", "free text"),
    ]);
}

#[test]
fn cassandra_puts_level_and_thread_first() {
    hold(&[
        (
            Cassandra,
            "2025-06-11T03:12:40Z",
            "info",
            "INFO [main] 2025-06-11 03:12:40,000Z Daemon.java (line 77) Logging",
            "Logging",
        ),
        (
            Cassandra,
            "2025-06-11T10:12:40Z",
            "info",
            " INFO [FlushWriter:519] 2025-06-11 03:12:40,000 Memtable.java (line 337) Done",
            "Done",
        ),
        (
            Cassandra,
            "2025-06-11T10:12:46.002Z",
            "error",
            "ERROR [MutationStage:12] 2025-06-11 03:12:46,002 A.java (line 139) Fatal",
            "Fatal",
        ),
        (
            Cassandra,
            "2025-06-11T10:12:46.002Z",
            "warning",
            " WARN [RMI TCP Connection(2)-127.0.0.1] 2025-06-11 03:12:46,002 A.java (line 1) x",
            "x",
        ),
        (
            Cassandra,
            "2025-06-11T10:12:46.002Z",
            "debug",
            "DEBUG [a[b]c] 2025-06-11 03:12:46,002 A.java:77 - newer",
            "newer",
        ),
        (
            Cassandra,
            "2025-06-11T10:12:46.002Z",
            "info",
            "INFO  [main] 2025-06-11 03:12:46,002 A.java:77 - newer",
            "newer",
        ),
    ]);
}

#[test]
fn zookeeper_java_separates_with_dashes() {
    hold(&[
        (
            ZooKeeper,
            "2025-06-11T03:12:44.007Z",
            "info",
            "2025-06-11 03:12:44,007Z - INFO  [NIO:0.0.0.0/0.0.0.0:9876:Cnxn@228] - Accepted",
            "Accepted",
        ),
        (
            ZooKeeper,
            "2025-06-11T10:12:48.224Z",
            "warning",
            "2025-06-11 03:12:48,224 - WARN  [QuorumPeer[myid=2]/0.0.0.0:9876:QuorumPeer@784] - LOOKING",
            "LOOKING",
        ),
        (
            ZooKeeper,
            "2025-06-11T10:12:48.224Z",
            "error",
            "2025-06-11 03:12:48,224 - ERROR [CommitProcessor:2:NIOServerCnxn@180] - Unexpected - x",
            "Unexpected - x",
        ),
        (
            ZooKeeper,
            "2025-06-11T10:12:48.224Z",
            "info",
            "2025-06-11 03:12:48,224 [myid:1] - INFO  [main:Config@136] - Reading",
            "Reading",
        ),
    ]);
}

#[test]
fn zookeeper_c_client_names_pid_and_function() {
    hold(&[
        (
            ZooKeeperClient,
            "2025-06-11T10:12:44.001Z",
            "info",
            "2025-06-11 03:12:44,001:21034(0x7f2a11b0c700):ZOO_INFO@check_events@1728: initiated",
            "initiated",
        ),
        (
            ZooKeeperClient,
            "2025-06-11T10:12:44.020Z",
            "warning",
            "2025-06-11 03:12:44,020:21034(0x7f2a11b0c700):ZOO_WARN@zookeeper_interest@1570: Exceeded",
            "Exceeded",
        ),
        (
            ZooKeeperClient,
            "2025-06-11T03:12:44.020Z",
            "error",
            "2025-06-11 03:12:44,020Z:21034(0x7f2a11b0c700):ZOO_ERROR@handle_socket_error_msg@1666: Socket [10.0.0.1:9876]",
            "Socket [",
        ),
        (
            ZooKeeperClient,
            "2025-06-11T10:12:44.020Z",
            "debug",
            "2025-06-11 03:12:44,020:1(0x7f):ZOO_DEBUG@f@1: x",
            "x",
        ),
    ]);
}

#[test]
fn plain_has_no_level() {
    hold(&[
        (
            Plain,
            "2025-06-11T10:12:44.500Z",
            "none",
            "2025-06-11 03:12:44,500 monitor: child 21034 alive",
            "monitor:",
        ),
        (
            Plain,
            "2025-06-11T03:12:44.500Z",
            "none",
            "2025-06-11 03:12:44,500Z error opening the file",
            "error opening",
        ),
        (Plain, "2025-06-11T10:12:44Z", "none", "2025-06-11 03:12:44 got ERROR from the peer", "got ERROR"),
        (
            Plain,
            "2018-05-30T21:50:52.513441Z",
            "none",
            "2018-05-30 14:50:52.513441: Services running on this node:",
            "Services",
        ),
    ]);
}
