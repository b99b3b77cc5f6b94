//! A pipeline with two streams and a clock of its own.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::batch::{Batch, Ending, FileId};
use crate::cluster::cvm::{Address, Cvm};
use crate::cluster::target::{RemotePath, Target};
use crate::event::Status;
use crate::flow::filter::Filter;
use crate::options;
use crate::options::{
    Backlog, FlowOptions, Format, OutputOptions, Prefix, Reading, Reconnect, ReportOptions, SshOptions,
};
use crate::pipeline::Pipeline;
use crate::plan::FollowPlan;
use crate::render::renderer::Renderer;

/// A pipeline under test, its output and its clock.
pub(super) struct Bench {
    pub(super) pipeline: Pipeline,
    /// What it has printed and [`printed`](Self::printed) has not returned.
    pub(super) out: Vec<u8>,
    start: Instant,
    /// Milliseconds since `start`.
    milli: u64,
    /// The offset of each stream.
    offsets: [u64; 2],
}

/// Log `x` on CVM `a` or `b`.
pub(super) fn target(id: usize) -> Arc<Target> {
    let address = Address::Ssh { host: String::new(), port: None, user: None, jump: None };
    let cvm = Cvm { name: ["a", "b"][id].into(), address, source: String::new() };
    Arc::new(Target { id, cvm: Arc::new(cvm), log: "x".into(), path: RemotePath(b"/x".to_vec()) })
}

/// A plan with patterns to keep.
pub(super) fn plan(flow: FlowOptions, format: Format, keep: &[&str]) -> FollowPlan {
    FollowPlan {
        cvms: Vec::new(),
        targets: vec![target(0), target(1)],
        patterns: Vec::new(),
        naming: crate::cluster::naming::Naming::default(),
        ssh: SshOptions::default(),
        reading: Reading { backlog: Backlog::Lines(10), follow: true, reconnect: Reconnect::Never },
        filter: options::FilterOptions {
            keep: keep.iter().map(ToString::to_string).collect(),
            ..options::FilterOptions::default()
        },
        flow,
        output: OutputOptions {
            format,
            color: false,
            terminal: false,
            timestamps: None,
            zone: TimeZone::UTC,
        },
        report: ReportOptions { events: true, color: false, terminal: false, stats: None },
        max_count: None,
        stop_after: None,
    }
}

impl Bench {
    /// `live`: logs are followed.
    pub(super) fn new(plan: &FollowPlan, live: bool) -> Self {
        let renderer = Renderer::new(&plan.output, &plan.targets).unwrap();
        let pipeline = Pipeline::new(Filter::new(&plan.filter).unwrap(), renderer, plan, live);
        Self { pipeline, out: Vec::new(), start: Instant::now(), milli: 0, offsets: [0; 2] }
    }

    /// A pipeline that prints `CVM | line`.
    pub(super) fn text(flow: FlowOptions, keep: &[&str]) -> Self {
        Self::new(&plan(flow, Format::Text(Prefix::Cvm), keep), true)
    }

    /// The current time of the test.
    pub(super) fn now(&self) -> Instant {
        self.start + Duration::from_millis(self.milli)
    }

    /// A batch of whole lines arrives.
    pub(super) fn take(&mut self, id: usize, bytes: &str) -> ControlFlow<()> {
        self.piece(id, bytes.as_bytes(), false, Ending::Newline)
    }

    /// A batch arrives.
    pub(super) fn piece(
        &mut self,
        id: usize,
        bytes: &[u8],
        continues: bool,
        ending: Ending,
    ) -> ControlFlow<()> {
        let batch = Batch {
            target: target(id),
            file: FileId { device: 1, inode: id as u64 },
            offset: self.offsets[id],
            received: received(),
            bytes: Bytes::copy_from_slice(bytes),
            continues,
            ending,
        };
        self.offsets[id] += bytes.len() as u64;
        let now = self.now();
        self.pipeline.on_batch(&mut self.out, &batch, now)
    }

    /// Lets time pass and calls the pipeline at its deadlines.
    pub(super) fn wait(&mut self, millis: u64) {
        let end = self.milli + millis;
        while let Some(deadline) = self.pipeline.deadline() {
            let due = u64::try_from(deadline.saturating_duration_since(self.start).as_millis()).unwrap();
            if due > end {
                break;
            }
            self.milli = self.milli.max(due);
            let now = self.now();
            assert!(self.pipeline.on_deadline(&mut self.out, now).is_continue());
            assert!(self.pipeline.deadline().is_none_or(|next| next > now), "the deadline has passed");
        }
        self.milli = end;
    }

    /// What was printed since the last call.
    pub(super) fn printed(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.out)).unwrap()
    }

    /// Ends the run and returns what it prints.
    pub(super) fn end(&mut self) -> String {
        let now = self.now();
        self.pipeline.flush(&mut self.out, now);
        self.pipeline.finish(&mut self.out);
        self.printed()
    }

    /// The events since the last call.
    pub(super) fn events(&mut self) -> Vec<(Status, String)> {
        self.pipeline.take_events().into_iter().map(|event| (event.status, event.message)).collect()
    }
}

/// When all batches of the tests arrive.
pub(super) fn received() -> SystemTime {
    "2026-11-20T12:00:00Z".parse::<Timestamp>().unwrap().into()
}
