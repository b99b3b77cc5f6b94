//! The catalogue: the built-in names of logs and their paths on a CVM.

/// The log directory of a CVM's services.
pub const FOLDER: &str = "/home/nutanix/data/logs/";

/// The logs that are needed most, first in every list. Scripts depend on their names and paths.
const SEED: [(&str, &str); 14] = [
    ("genesis", "/home/nutanix/data/logs/genesis.out"),
    ("acropolis", "/home/nutanix/data/logs/acropolis.out"),
    ("cerebro", "/home/nutanix/data/logs/cerebro.out"),
    ("prism", "/home/nutanix/data/logs/prism.out"),
    ("zookeeper", "/home/nutanix/data/logs/zookeeper.out"),
    ("stargate", "/home/nutanix/data/logs/stargate.out"),
    ("curator", "/home/nutanix/data/logs/curator.out"),
    ("uhura", "/home/nutanix/data/logs/uhura.out"),
    ("ergon", "/home/nutanix/data/logs/ergon.out"),
    ("hades", "/home/nutanix/data/logs/hades.out"),
    ("pithos", "/home/nutanix/data/logs/pithos.out"),
    ("cassandra", "/home/nutanix/data/logs/cassandra.out"),
    ("alerts", "/home/nutanix/data/logs/alerts.out"),
    ("syslog", "/var/log/messages"),
];

/// Other services whose log is `<name>.out` in the log directory.
const SERVICES: &str = "alert_manager anduril aplos_engine aplos arithmos athena atlc catalina catalog cfs chronos \
    cluster_config cluster_health cluster_sync command_collector counters_collector curator_cli delphi \
    dynamic_ring_changer flow fluent_bit gflags_collector go_ergon hera ikat_control_plane ikat_proxy \
    insights_collector insights_data_transfer insights_receiver insights_server insights_uploader \
    insights_uploader_restore lazan lazan-stats lcm_metrics_uploader lcm_ops logbay_service_monitor log_collector \
    mantle mercury microsegmentation minerva_cvm_gateway minerva_cvm nusights_service_monitor nutanix_guest_tools \
    placement_solver polaris resource_mon.csv scavenger secure_file_sync security_service ssl_terminator \
    sys_stat_collector vip_monitor xmount xtrim zeus_collector zeus_config_printer \
    acropolis-scheduler arithmos_collector atlc_service_monitor cim_service cassandra_monitor zookeeper_monitor \
    finish install preupgrade host_preupgrade host_upgrade";

/// Services that also write glog files: symlinks that each restart repoints.
const GLOG: &str = "stargate curator cerebro chronos arithmos pithos alert_manager dynamic_ring_changer \
    cassandra_monitor zookeeper_monitor";

/// The glog files of each such service.
const SEVERITIES: [&str; 4] = ["INFO", "WARNING", "ERROR", "FATAL"];

/// Logs whose path does not follow from their name.
const OTHERS: [(&str, &str); 7] = [
    ("prism_gateway", "/home/nutanix/data/logs/prism_gateway.log"),
    ("cassandra_system", "/home/nutanix/data/logs/cassandra/system.log"),
    ("health_server", "/home/nutanix/data/logs/health_server.log"),
    ("lcm_ops.trace", "/home/nutanix/data/logs/lcm_ops.trace"),
    ("lcm_wget", "/home/nutanix/data/logs/lcm_wget.log"),
    ("messages", "/home/log/messages"),
    ("user_info", "/home/log/user_info"),
];

/// Every name with its path, each once; the most needed ones first.
pub fn all() -> impl Iterator<Item = (String, String)> {
    let owned = |&(name, path): &(&str, &str)| (name.to_owned(), path.to_owned());
    let services = SERVICES.split_whitespace().map(|name| (name.to_owned(), format!("{FOLDER}{name}.out")));
    let glog = GLOG.split_whitespace().flat_map(|service| {
        SEVERITIES.iter().map(move |severity| {
            let name = format!("{service}.{severity}");
            let path = format!("{FOLDER}{name}");
            (name, path)
        })
    });
    SEED.iter().map(owned).chain(services).chain(glog).chain(OTHERS.iter().map(owned))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{SEED, all};

    /// Where a name of the catalogue is.
    fn path(name: &str) -> String {
        all().find(|(known, _)| known == name).unwrap_or_else(|| panic!("{name} is not known")).1
    }

    #[test]
    fn the_seed_comes_first_and_as_it_stands() {
        let first: Vec<_> = all().take(SEED.len()).collect();
        assert_eq!(first.len(), 14);
        let names: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names.join(" "),
            "genesis acropolis cerebro prism zookeeper stargate curator uhura ergon hades pithos cassandra alerts syslog"
        );
        for (name, path) in first.iter().filter(|(name, _)| name != "syslog") {
            assert_eq!(*path, format!("/home/nutanix/data/logs/{name}.out"));
        }
        assert_eq!(path("syslog"), "/var/log/messages");
    }

    #[test]
    fn the_wider_list_has_services_glog_files_and_the_odd_ones() {
        assert_eq!(path("insights_server"), "/home/nutanix/data/logs/insights_server.out");
        assert_eq!(path("stargate.INFO"), "/home/nutanix/data/logs/stargate.INFO");
        assert_eq!(path("zookeeper_monitor.FATAL"), "/home/nutanix/data/logs/zookeeper_monitor.FATAL");
        assert_eq!(path("cassandra_system"), "/home/nutanix/data/logs/cassandra/system.log");
        assert_eq!(path("user_info"), "/home/log/user_info");
    }

    #[test]
    fn no_name_and_no_path_stands_twice_and_every_name_can_be_typed() {
        let (mut names, mut paths) = (HashSet::new(), HashSet::new());
        for (name, path) in all() {
            assert!(path.starts_with('/'), "{path}");
            assert!(!name.contains(['/', '*', '?', '[', ' ']), "{name}");
            assert!(names.insert(name.clone()), "{name} twice");
            assert!(paths.insert(path.clone()), "{path} twice");
        }
    }
}
