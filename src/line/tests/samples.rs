//! Logs in real layouts, each line with its expected interpretation.

use crate::line::tests::{Expected, level, reader, time, whole};

/// The lines of a `genesis.out`.
const GENESIS_OUT: &[Expected] = &[
    ('H', "2025-06-11T03:12:44.001Z", "info", b"2025-06-11 03:12:44,001Z INFO 81234512 node_manager.py:2210 Starting stub_service service"),
    ('H', "2025-06-11T03:12:44.093Z", "info", b"2025-06-11 03:12:44,093Z INFO zookeeper_session.py:191 genesis is attempting to connect to Zookeeper"),
    ('H', "2025-06-11T03:12:44.121Z", "info", b"2025-06-11 03:12:44,121Z INFO zookeeper_session.py:625 ZK session establishment complete, sessionId=0x18f00aa1b2c0017, negotiated timeout=20 secs"),
    ('H', "2025-06-11T03:12:44.650Z", "debug", b"2025-06-11 03:12:44,650Z DEBUG 81234512 service_utils.py:88 pids for stub_service: [22110, 22111]"),
    ('H', "2025-06-11T03:12:45.333Z", "warning", b"2025-06-11 03:12:45,333Z WARNING 81234640 cluster_manager.py:5120 Peer 10.20.30.43 did not answer ping within 2 secs"),
    ('H', "2025-06-11T03:12:45.700Z", "info", b"2025-06-11 03:12:45,700Z INFO MainThread cluster:1007 Discovered node:"),
    ('-', "2025-06-11T03:12:45.700Z", "info", b"ip: 10.20.30.44"),
    ('-', "2025-06-11T03:12:45.700Z", "info", b"        rackable_unit_serial: 00aa11bb"),
    ('-', "2025-06-11T03:12:45.700Z", "info", b"        node_position: A"),
    ('-', "2025-06-11T03:12:45.700Z", "info", b""),
    ('H', "2025-06-11T03:12:46.010Z", "error", b"2025-06-11 03:12:46,010Z ERROR 81234640 disk_manager.py:914 Failed to read SMART data of /dev/sdc"),
    ('-', "2025-06-11T03:12:46.010Z", "error", b"Traceback (most recent call last):"),
    ('-', "2025-06-11T03:12:46.010Z", "error", b"  File \"/home/nutanix/stub/disk_manager.py\", line 911, in _read_smart"),
    ('-', "2025-06-11T03:12:46.010Z", "error", b"    data = self._run([\"smartctl\", \"-a\", dev])"),
    ('-', "2025-06-11T03:12:46.010Z", "error", b"IOError: [Errno 5] Input/output error"),
];

/// The lines of a `messages`.
const MESSAGES: &[Expected] = &[
    ('H', "2025-06-11T03:12:44.413144Z", "none", b"2025-06-11T12:12:44.413144+09:00 NTNX-00AA11BB-A-CVM kernel: [106064.317871] IPTables Packet Dropped: IN=eth0 OUT= SRC=10.20.30.9 DST=10.20.30.41"),
    ('H', "2025-06-11T03:12:45.002487Z", "none", b"2025-06-11T12:12:45.002487+09:00 NTNX-00AA11BB-A-CVM systemd[1]: Started Session 81311 of user nutanix."),
    ('H', "2025-06-11T03:12:45.118002Z", "none", b"2025-06-11T12:12:45.118002+09:00 NTNX-00AA11BB-A-CVM sshd[20112]: Accepted publickey for nutanix from 10.20.30.9 port 50122 ssh2"),
    ('H', "2025-06-11T03:12:45.120044Z", "none", b"2025-06-11T12:12:45.120044+09:00 NTNX-00AA11BB-A-CVM systemd-logind[1702]: New session 81311 of user nutanix."),
    ('H', "2025-06-11T03:12:46.300911Z", "none", b"2025-06-11T12:12:46.300911+09:00 NTNX-00AA11BB-A-CVM sudo:  nutanix : TTY=unknown ; PWD=/home/nutanix ; USER=root ; COMMAND=/bin/tail"),
    ('H', "2025-06-11T03:12:47.000120Z", "none", b"2025-06-11T12:12:47.000120+09:00 NTNX-00AA11BB-A-CVM ntpd[1810]: time slew +0.001201 s"),
    ('H', "2025-06-11T03:12:47.551903Z", "none", b"2025-06-11T12:12:47.551903+09:00 NTNX-00AA11BB-A-CVM crond[2251]: (nutanix) CMD (/usr/local/nutanix/bin/stub_task)"),
    ('H', "2025-06-11T03:12:48.014411Z", "none", b"2025-06-11T12:12:48.014411+09:00 NTNX-00AA11BB-A-CVM kernel: [106068.001204] sd 2:0:1:0: [sdc] Sense Key : Medium Error [current]"),
    ('H', "2025-06-11T03:12:48.014498Z", "none", b"2025-06-11T12:12:48.014498+09:00 NTNX-00AA11BB-A-CVM kernel: [106068.001290] blk_update_request: critical medium error, dev sdc, sector 88172"),
    ('H', "2025-06-11T03:12:48.900001Z", "none", b"2025-06-11T12:12:48.900001+09:00 NTNX-00AA11BB-A-CVM rsyslogd: action 'action 3' suspended, retry in 30 seconds"),
    ('H', "2025-06-11T03:12:49.220415Z", "none", b"2025-06-11T12:12:49.220415+09:00 NTNX-00AA11BB-A-CVM sshd[20150]: Failed password for nutanix from 10.20.30.77 port 41002 ssh2"),
    ('H', "2025-06-11T03:12:49.800702Z", "none", b"2025-06-11T12:12:49.800702+09:00 NTNX-00AA11BB-A-CVM audit[1544]: USER_LOGIN pid=20150 uid=0 res=failed"),
    ('H', "2025-06-11T03:12:50.330156Z", "none", b"2025-06-11T12:12:50.330156+09:00 NTNX-00AA11BB-A-CVM kernel: [106070.310021] Out of memory: Kill process 21062 (stub_service) score 880"),
    ('H', "2025-06-11T03:12:50.990013Z", "none", b"2025-06-11T12:12:50.990013+09:00 NTNX-00AA11BB-A-CVM systemd[1]: Stopping User Slice of nutanix..."),
    ('H', "2025-06-11T03:12:51.114287Z", "none", b"2025-06-11T12:12:51.114287+09:00 NTNX-00AA11BB-A-CVM dhclient[3004]: bound to 10.20.30.41"),
];

/// The lines of a `prism_gateway.log`.
const PRISM_GATEWAY_LOG: &[Expected] = &[
    ('H', "2025-06-11T03:12:44.120Z", "info", b"INFO  2025-06-11 03:12:44,120Z http-nio-127.0.0.1-9081-exec-4 [] prism.aop.RequestInterceptor.invoke:88 GET /v2.0/hosts took 31 ms"),
    ('H', "2025-06-11T03:12:44.300Z", "info", b"INFO  2025-06-11 03:12:44,300Z ZeusConfigCacheService [] adapter.service.ZeusConfigCacheService.refresh:140 Configuration version 4471 loaded"),
    ('H', "2025-06-11T03:12:44.911Z", "warning", b"WARN  2025-06-11 03:12:44,911Z pool-7-thread-2 [] stats.cache.StatsCache.get:203 Cache miss ratio 0.82"),
    ('H', "2025-06-11T03:12:45.002Z", "info", b"INFO  2025-06-11 03:12:45,002Z http-nio-127.0.0.1-9081-exec-1 [] prism.auth.LoginFilter.doFilter:61 User admin authenticated from 10.20.30.9"),
    ('H', "2025-06-11T03:12:45.118Z", "debug", b"DEBUG 2025-06-11 03:12:45,118Z pool-7-thread-2 [] stats.cache.StatsCache.put:231 Stored 120 samples"),
    ('H', "2025-06-11T03:12:45.480Z", "info", b"INFO  2025-06-11 03:12:45,480Z http-nio-127.0.0.1-9081-exec-9 [] prism.aop.RequestInterceptor.invoke:88 POST /v3/vms/list took 207 ms"),
    ('H', "2025-06-11T03:12:46.013Z", "error", b"ERROR 2025-06-11 03:12:46,013Z http-nio-127.0.0.1-9081-exec-9 [] prism.aop.RequestInterceptor.invoke:140 Throwing exception from VmAdministration.list"),
    ('-', "2025-06-11T03:12:46.013Z", "error", b"com.example.prism.exception.BackendTimeoutException: insights did not answer"),
    ('-', "2025-06-11T03:12:46.013Z", "error", b"\tat com.example.prism.aop.RequestInterceptor.invoke(RequestInterceptor.java:162)"),
    ('-', "2025-06-11T03:12:46.013Z", "error", b"\tat java.base/java.lang.Thread.run(Thread.java:829)"),
    ('-', "2025-06-11T03:12:46.013Z", "error", b"Caused by: java.util.concurrent.TimeoutException: 30000 ms"),
    ('-', "2025-06-11T03:12:46.013Z", "error", b"\t... 41 more"),
    ('H', "2025-06-11T03:12:47.100Z", "info", b"INFO  2025-06-11 03:12:47,100Z leader-watch [] prism.leader.LeaderWatcher.process:73 Prism leader is 10.20.30.42:9080"),
    ('H', "2025-06-11T03:12:48.555Z", "warning", b"WARN  2025-06-11 03:12:48,555Z http-nio-127.0.0.1-9081-exec-2 [] prism.auth.LoginFilter.doFilter:70 Authentication failed for user viewer"),
    ('H', "2025-06-11T03:12:49.001Z", "info", b"INFO  2025-06-11 03:12:49,001Z pool-3-thread-1 [] alerts.dedup.AlertDedup.run:55 0 alerts resolved, 2 suppressed"),
];

/// The lines of a `stargate.INFO`.
const STARGATE_INFO: &[Expected] = &[
    ('H', "2025-06-11T03:12:45.123456Z", "info", b"I20250611 03:12:45.123456Z 21034 vdisk_controller.cc:1187] vdisk_id=90211 opened, oplog episodes=3"),
    ('H', "2025-06-11T03:12:45.130021Z", "info", b"I20250611 03:12:45.130021Z 21036 admctl_queue.cc:402] Queue write_ops depth=12 cost=9641"),
    ('H', "2025-06-11T03:12:45.131877Z", "info", b"I20250611 03:12:45.131877Z 21034 vdisk_micro_read.cc:88] vdisk_id=90211 Read off=1048576 len=65536 took 412 usecs"),
    ('H', "2025-06-11T03:12:45.902113Z", "warning", b"W20250611 03:12:45.902113Z 21041 extent_store.cc:733] disk_id=37 slow fsync 218 ms"),
    ('H', "2025-06-11T03:12:46.000009Z", "info", b"I20250611 03:12:46.000009Z  3104 rpc_client.cc:291] Connected to 10.20.30.42:2009"),
    ('H', "2025-06-11T03:12:46.114532Z", "warning", b"W20250611 03:12:46.114532Z 21041 rpc_client.cc:355] Rpc 77120934 to 10.20.30.43:2009 timed out after 5000 msecs"),
    ('H', "2025-06-11T03:12:46.115010Z", "error", b"E20250611 03:12:46.115010Z 21041 oplog_replicator.cc:619] Replica write failed with error kTimeout, egroup=8812733"),
    ('H', "2025-06-11T03:12:46.115622Z", "info", b"I20250611 03:12:46.115622Z 21041 oplog_replicator.cc:640] Marking secondary 10.20.30.43 degraded"),
    ('H', "2025-06-11T03:12:47.250000Z", "info", b"I20250611 03:12:47.250000Z 21050 cron.cc:140] Scheduled task purge_stale_snapshots in 60 secs"),
    ('H', "2025-06-11T03:12:48.731902Z", "info", b"I20250611 03:12:48.731902Z 21050 snapshot_gc.cc:204] Removed 14 of 14 stale snapshots"),
    ('H', "2025-06-11T03:12:49.008114Z", "warning", b"W20250611 03:12:49.008114Z 21050 memory_monitor.cc:96] rss=5311 MB above soft limit 5120 MB"),
    ('H', "2025-06-11T03:12:50.400417Z", "info", b"I20250611 03:12:50.400417Z 21034 leadership.cc:77] Acquired master leadership for token stub_master"),
    ('H', "2025-06-11T03:12:51.551200Z", "error", b"E20250611 03:12:51.551200Z 21062 zeus_link.cc:318] Configuration update rejected: stale logical timestamp 4471"),
    ('H', "2025-06-11T03:12:52.009930Z", "fatal", b"F20250611 03:12:52.009930Z 21062 block_map.cc:512] Check failed: used_bytes_ <= total_bytes_ (8192 vs. 4096)"),
    ('H', "2025-06-11T03:12:55.870211Z", "info", b"I20250611 03:12:55.870211Z 22110 init_service.cc:352] Started child 22110 that is being monitored by parent 22109"),
];

/// The lines of a `stargate.out`.
const STARGATE_OUT: &[Expected] = &[
    ('H', "2025-06-11T10:12:44.001Z", "info", b"2025-06-11 03:12:44,001:21034(0x7f2a11b0c700):ZOO_INFO@check_events@1728: initiated connection to server [10.20.30.41:9876]"),
    ('H', "2025-06-11T10:12:44.020Z", "warning", b"2025-06-11 03:12:44,020:21034(0x7f2a11b0c700):ZOO_WARN@zookeeper_interest@1570: Exceeded deadline by 14ms"),
    ('H', "2025-06-11T10:12:44.500Z", "none", b"2025-06-11 03:12:44,500 monitor: child 21034 alive"),
    ('H', "2025-06-11T03:12:45.123456Z", "info", b"I20250611 03:12:45.123456Z 21034 init_service.cc:352] Started child 21034 that is being monitored by parent 21033"),
    ('-', "2025-06-11T03:12:45.123456Z", "info", b"Obtained stack traces of threads responding to SIGPROF"),
    ('-', "2025-06-11T03:12:45.123456Z", "info", b"===== control_1/21034 ====="),
    ('-', "2025-06-11T03:12:45.123456Z", "info", b"#0    Object \"/usr/local/nutanix/lib/libstub.so\", at 0x7f682639aec4, in nutanix::stub::Trace()"),
    ('-', "2025-06-11T03:12:45.123456Z", "info", b"#1    Source \"/src/stub/block_map.cc\", line 512, in nutanix::stub::BlockMap::Check()"),
    ('-', "2025-06-11T03:12:45.123456Z", "info", b"Live Activity Traces"),
    ('-', "2025-06-11T03:12:45.123456Z", "info", b"===================="),
    ('-', "2025-06-11T03:12:45.123456Z", "info", b"Component: stub"),
    ('-', "2025-06-11T03:12:45.123456Z", "info", b"2025/06/11-03:12:42.919381 2.908341 kStubOp Attributes: op_id=-12 vdisk_id=90211"),
    ('-', "2025-06-11T03:12:45.123456Z", "info", b"           03:12:42.919381    .     0 Start"),
    ('-', "2025-06-11T03:12:45.123456Z", "info", b"\xff\xfe\x00 raw \x01\x02 bytes"),
    ('H', "2025-06-11T10:12:46Z", "error", b"time=\"2025-06-11T03:12:46-07:00\" level=error msg=\"Hit error in retry number 0: stub endpoint\""),
];

/// The lines of a `system.log`.
const SYSTEM_LOG: &[Expected] = &[
    ('H', "2025-06-11T10:12:40Z", "info", b"INFO [main] 2025-06-11 03:12:40,000 AbstractCassandraDaemon.java (line 77) Logging initialized"),
    ('H', "2025-06-11T10:12:41.310Z", "info", b"INFO [main] 2025-06-11 03:12:41,310 DatabaseDescriptor.java (line 168) DiskAccessMode 'auto' determined to be mmap"),
    ('H', "2025-06-11T10:12:43.905Z", "info", b"INFO [main] 2025-06-11 03:12:43,905 CommitLog.java (line 202) Log replay complete, 412 replayed mutations"),
    ('H', "2025-06-11T10:12:44.484Z", "info", b"INFO [FlushWriter:519] 2025-06-11 03:12:44,484 Memtable.java (line 337) Completed flushing stub-CF (1048576 bytes)"),
    ('H', "2025-06-11T10:12:45.020Z", "info", b"INFO [ScheduledTasks:1] 2025-06-11 03:12:45,020 GCInspector.java (line 122) GC for ParNew: 231 ms, 8123400 reclaimed leaving 51200000 used"),
    ('H', "2025-06-11T10:12:45.121Z", "debug", b"DEBUG [ReadStage:7] 2025-06-11 03:12:45,121 ReadVerbHandler.java (line 90) Read key=9021:4 in 3 ms"),
    ('H', "2025-06-11T10:12:45.400Z", "warning", b"WARN [GossipStage:1] 2025-06-11 03:12:45,400 FailureDetector.java (line 190) Not marking nodes down due to local pause"),
    ('H', "2025-06-11T10:12:45.811Z", "info", b"INFO [GossipStage:1] 2025-06-11 03:12:45,811 Gossiper.java (line 580) Node /10.20.30.43 is now part of the cluster"),
    ('H', "2025-06-11T10:12:46.002Z", "error", b"ERROR [MutationStage:12] 2025-06-11 03:12:46,002 AbstractCassandraDaemon.java (line 139) Fatal exception in thread Thread[MutationStage:12,5,main]"),
    ('-', "2025-06-11T10:12:46.002Z", "error", b"java.lang.OutOfMemoryError: Java heap space"),
    ('-', "2025-06-11T10:12:46.002Z", "error", b"\tat org.apache.cassandra.db.Table.apply(Table.java:412)"),
    ('-', "2025-06-11T10:12:46.002Z", "error", b"\tat java.lang.Thread.run(Thread.java:748)"),
    ('H', "2025-06-11T10:12:47.700Z", "info", b"INFO [CompactionExecutor:3] 2025-06-11 03:12:47,700 CompactionManager.java (line 441) Compacting 4 sstables"),
    ('H', "2025-06-11T10:12:49.118Z", "info", b"INFO [CompactionExecutor:3] 2025-06-11 03:12:49,118 CompactionManager.java (line 520) Compacted 41943040 bytes to 31457280 in 1418 ms"),
    ('H', "2025-06-11T10:12:50.020Z", "warning", b"WARN [ScheduledTasks:1] 2025-06-11 03:12:50,020 GCInspector.java (line 147) Heap is 0.91 full"),
];

/// The lines of a `zookeeper.out`.
const ZOOKEEPER_OUT: &[Expected] = &[
    ('H', "2025-06-11T03:12:44.007Z", "info", b"2025-06-11 03:12:44,007Z - INFO  [NIOServerCxn.Factory:0.0.0.0/0.0.0.0:9876:NIOServerCnxnFactory@228] - Accepted socket connection from /10.20.30.41:48212"),
    ('H', "2025-06-11T03:12:44.009Z", "info", b"2025-06-11 03:12:44,009Z - INFO  [NIOServerCxn.Factory:0.0.0.0/0.0.0.0:9876:ZooKeeperServer@868] - Client attempting to establish new session at /10.20.30.41:48212"),
    ('H', "2025-06-11T03:12:44.014Z", "info", b"2025-06-11 03:12:44,014Z - INFO  [CommitProcessor:2:ZooKeeperServer@617] - Established session 0x28f00aa1b2c0018 with negotiated timeout 20000 for client /10.20.30.41:48212"),
    ('H', "2025-06-11T03:12:45.875Z", "info", b"2025-06-11 03:12:45,875Z - INFO  [Thread-8:NIOServerCnxn@1027] - Closed socket connection for client /10.20.30.42:51242 (no session established for client)"),
    ('H', "2025-06-11T03:12:46.100Z", "warning", b"2025-06-11 03:12:46,100Z - WARN  [NIOServerCxn.Factory:0.0.0.0/0.0.0.0:9876:NIOServerCnxn@357] - caught end of stream exception"),
    ('-', "2025-06-11T03:12:46.100Z", "warning", b"EndOfStreamException: Unable to read additional data from client sessionid 0x28f00aa1b2c0011, likely client has closed socket"),
    ('-', "2025-06-11T03:12:46.100Z", "warning", b"\tat org.apache.zookeeper.server.NIOServerCnxn.doIO(NIOServerCnxn.java:228)"),
    ('-', "2025-06-11T03:12:46.100Z", "warning", b"\tat java.lang.Thread.run(Thread.java:829)"),
    ('H', "2025-06-11T03:12:46.102Z", "info", b"2025-06-11 03:12:46,102Z - INFO  [SessionTracker:ZooKeeperServer@347] - Expiring session 0x28f00aa1b2c0011, timeout of 20000ms exceeded"),
    ('H', "2025-06-11T03:12:46.108Z", "info", b"2025-06-11 03:12:46,108Z - INFO  [ProcessThread(sid:2 cport:-1)::PrepRequestProcessor@494] - Processed session termination for sessionid: 0x28f00aa1b2c0011"),
    ('H', "2025-06-11T03:12:47.500Z", "warning", b"2025-06-11 03:12:47,500Z - WARN  [SyncThread:2:FileTxnLog@378] - fsync-ing the write ahead log in SyncThread:2 took 1312ms"),
    ('H', "2025-06-11T03:12:48.220Z", "warning", b"2025-06-11 03:12:48,220Z - WARN  [RecvWorker:3:QuorumCnxManager$RecvWorker@780] - Connection broken for id 3, my id = 2, error ="),
    ('H', "2025-06-11T03:12:48.224Z", "info", b"2025-06-11 03:12:48,224Z - INFO  [QuorumPeer[myid=2]/0.0.0.0:9876:QuorumPeer@784] - LOOKING"),
    ('H', "2025-06-11T03:12:48.640Z", "info", b"2025-06-11 03:12:48,640Z - INFO  [QuorumPeer[myid=2]/0.0.0.0:9876:QuorumPeer@856] - FOLLOWING"),
    ('H', "2025-06-11T03:12:50.001Z", "error", b"2025-06-11 03:12:50,001Z - ERROR [CommitProcessor:2:NIOServerCnxn@180] - Unexpected Exception:"),
];

/// Parses `log` as one stream and compares every line with what is expected of it.
fn hold(log: &[Expected]) {
    let mut reader = reader();
    let mut record = 0;
    for &(place, instant, expected_level, line) in log {
        let shown = String::from_utf8_lossy(line);
        let info = reader.read(&whole(line));
        record += u64::from(place == 'H');
        assert_eq!(info.opens, place == 'H', "{shown}");
        assert_eq!(info.layout.is_some(), place == 'H', "{shown}");
        assert_eq!(info.record, record, "{shown}");
        assert_eq!(info.time, time(instant), "{shown}");
        assert_eq!(info.level, level(expected_level), "{shown}");
        assert!(info.message <= line.len(), "{shown}");
    }
}

#[test]
fn every_line_of_genesis_out_is_understood() {
    hold(GENESIS_OUT);
}

#[test]
fn every_line_of_messages_is_understood() {
    hold(MESSAGES);
}

#[test]
fn every_line_of_prism_gateway_log_is_understood() {
    hold(PRISM_GATEWAY_LOG);
}

#[test]
fn every_line_of_stargate_info_is_understood() {
    hold(STARGATE_INFO);
}

#[test]
fn every_line_of_stargate_out_is_understood() {
    hold(STARGATE_OUT);
}

#[test]
fn every_line_of_system_log_is_understood() {
    hold(SYSTEM_LOG);
}

#[test]
fn every_line_of_zookeeper_out_is_understood() {
    hold(ZOOKEEPER_OUT);
}
