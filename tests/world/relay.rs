//! A TCP relay in front of a CVM that can cut, stall, delay, trickle and forget.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use rustix::thread::LinkNameSpaceType;

use super::ground::Ground;

/// How long a pump sleeps at most before it looks at the orders again.
const TICK: Duration = Duration::from_millis(10);
/// How many bytes wait in one direction at most.
const QUEUE: usize = 1 << 20;

/// The relay; it ends when it is dropped.
#[derive(Debug)]
pub struct Relay {
    /// Where it listens.
    address: SocketAddr,
    /// What it shall do.
    orders: Arc<Orders>,
}

/// What all parts of a relay look at.
#[derive(Debug, Default)]
struct Orders {
    /// The relay is to end.
    stop: AtomicBool,
    /// Nothing is forwarded, nothing accepted, nothing closed.
    silent: AtomicBool,
    /// New connections are closed at once.
    refuse: AtomicBool,
    /// Each byte arrives so many milliseconds later.
    latency: AtomicU64,
    /// At most so many bytes a second in each direction; 0 for no limit.
    rate: AtomicU64,
    /// A connection that moves nothing for so many milliseconds is cut; 0 for never.
    idle: AtomicU64,
    /// How many connections were accepted.
    accepted: AtomicU64,
    /// How many bytes came from the CVM.
    bytes: AtomicU64,
    /// The open connections.
    pairs: Mutex<Vec<Arc<Pair>>>,
}

/// One connection: its two halves.
#[derive(Debug)]
struct Pair {
    /// Towards the client.
    client: TcpStream,
    /// Towards the CVM.
    server: TcpStream,
    /// Both halves are to be reset.
    cut: AtomicBool,
    /// When bytes last moved.
    moved: Mutex<Instant>,
}

impl Relay {
    /// Starts a relay to `target` in the world's network.
    pub fn start(ground: &Arc<Ground>, target: SocketAddr) -> Self {
        let orders = Arc::new(Orders::default());
        let at = match ground.holder {
            Some(_) => {
                let address = ground.next_address();
                let added = ground
                    .command("ip")
                    .args(["addr", "add", &format!("{address}/16"), "dev", "cvms"])
                    .status();
                assert!(added.is_ok_and(|status| status.success()), "an address for a relay");
                SocketAddr::from((address, 22))
            }
            None => SocketAddr::from((Ipv4Addr::LOCALHOST, Ground::free_port())),
        };
        let (ready, up) = mpsc::channel();
        let (holder, told) = (ground.holder, Arc::clone(&orders));
        std::thread::spawn(move || {
            if let Some(holder) = holder {
                // Threads started from here, and their sockets, are in that network too.
                let network =
                    std::fs::File::open(format!("/proc/{holder}/ns/net")).expect("the world's network");
                rustix::thread::move_into_link_name_space(
                    std::os::fd::AsFd::as_fd(&network),
                    Some(LinkNameSpaceType::Network),
                )
                .expect("setns");
            }
            let listener = TcpListener::bind(at).expect("the relay's address");
            listener.set_nonblocking(true).expect("a socket");
            ready.send(()).expect("who started the relay waits");
            accept(&listener, target, &told);
        });
        up.recv().expect("the relay is up");
        Self { address: at, orders }
    }

    /// The address it listens on.
    pub fn address(&self) -> Ipv4Addr {
        match self.address {
            SocketAddr::V4(address) => *address.ip(),
            SocketAddr::V6(_) => Ipv4Addr::LOCALHOST,
        }
    }

    /// The port it listens on.
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// Resets all open connections on both sides (RST); gives how many.
    pub fn cut(&self) -> usize {
        let pairs = std::mem::take(&mut *self.orders.pairs.lock().expect("the pairs"));
        for pair in &pairs {
            pair.cut.store(true, Ordering::Relaxed);
        }
        pairs.len()
    }

    /// Stops forwarding, accepting and closing, as a cable does that is pulled: or goes on again.
    pub fn silence(&self, silent: bool) {
        self.orders.silent.store(silent, Ordering::Relaxed);
    }

    /// Closes new connections at once, or no longer.
    pub fn refuse(&self, refuse: bool) {
        self.orders.refuse.store(refuse, Ordering::Relaxed);
    }

    /// Makes every byte arrive this much later; zero for none.
    pub fn latency(&self, latency: Duration) {
        self.orders.latency.store(millis(latency), Ordering::Relaxed);
    }

    /// Lets at most so many bytes a second through in each direction; 0 for no limit.
    pub fn trickle(&self, bytes_a_second: u64) {
        self.orders.rate.store(bytes_a_second, Ordering::Relaxed);
    }

    /// Cuts each connection that moves nothing for so long; zero for never.
    pub fn cut_idle(&self, after: Duration) {
        self.orders.idle.store(millis(after), Ordering::Relaxed);
    }

    /// How many connections it accepted so far.
    pub fn accepted(&self) -> u64 {
        self.orders.accepted.load(Ordering::Relaxed)
    }

    /// How many connections are open now.
    pub fn open(&self) -> usize {
        self.orders.pairs.lock().expect("the pairs").len()
    }

    /// How many bytes came from the CVM so far.
    pub fn bytes(&self) -> u64 {
        self.orders.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.orders.stop.store(true, Ordering::Relaxed);
        self.cut();
    }
}

/// A duration in whole milliseconds.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Accepts connections until the relay ends.
fn accept(listener: &TcpListener, target: SocketAddr, orders: &Arc<Orders>) {
    while !orders.stop.load(Ordering::Relaxed) {
        if orders.silent.load(Ordering::Relaxed) {
            std::thread::sleep(TICK);
            continue;
        }
        if !readable(listener, TICK) {
            continue;
        }
        let Ok((client, _)) = listener.accept() else { continue };
        orders.accepted.fetch_add(1, Ordering::Relaxed);
        if orders.refuse.load(Ordering::Relaxed) {
            continue;
        }
        let orders = Arc::clone(orders);
        std::thread::spawn(move || connect(client, target, &orders));
    }
}

/// Connects to the CVM and pumps both ways until both directions have ended.
fn connect(client: TcpStream, target: SocketAddr, orders: &Arc<Orders>) {
    let Ok(server) = TcpStream::connect_timeout(&target, Duration::from_secs(10)) else {
        let _ = rustix::net::sockopt::set_socket_linger(&client, Some(Duration::ZERO));
        return;
    };
    for half in [&client, &server] {
        let _ = half.set_nonblocking(false);
        let _ = half.set_nodelay(true);
        let _ = half.set_write_timeout(Some(TICK));
    }
    let (cut, moved) = (AtomicBool::new(false), Mutex::new(Instant::now()));
    let pair = Arc::new(Pair { client, server, cut, moved });
    orders.pairs.lock().expect("the pairs").push(Arc::clone(&pair));
    std::thread::scope(|scope| {
        scope.spawn(|| pump(&pair, &pair.client, &pair.server, orders, false));
        pump(&pair, &pair.server, &pair.client, orders, true);
    });
    orders.pairs.lock().expect("the pairs").retain(|other| !Arc::ptr_eq(other, &pair));
}

/// Moves bytes one way until the source ends, the sink is gone, or the pair is cut.
fn pump(pair: &Pair, source: &TcpStream, sink: &TcpStream, orders: &Orders, from_cvm: bool) {
    let mut queue: VecDeque<(Instant, Vec<u8>)> = VecDeque::new();
    let (mut held, mut ended) = (0, false);
    let mut budget = Instant::now();
    let mut buffer = vec![0; 1 << 16];
    loop {
        if pair.cut.load(Ordering::Relaxed) || is_idle(pair, orders) {
            // Both directions end within a tick; the last to let go of the pair sends the resets.
            pair.cut.store(true, Ordering::Relaxed);
            for half in [&pair.client, &pair.server] {
                let _ = rustix::net::sockopt::set_socket_linger(half, Some(Duration::ZERO));
            }
            return;
        }
        if orders.silent.load(Ordering::Relaxed) {
            std::thread::sleep(TICK);
            continue;
        }
        let rate = orders.rate.load(Ordering::Relaxed);
        while let Some((due, mut bytes)) = queue.pop_front() {
            let now = Instant::now();
            if due > now || (rate > 0 && budget > now) {
                queue.push_front((due, bytes));
                break;
            }
            let allowed = if rate == 0 { bytes.len() } else { bytes.len().min(at_once(rate)) };
            match (&mut &*sink).write(&bytes[..allowed]) {
                Ok(written) => {
                    held -= written;
                    if rate > 0 {
                        budget = now
                            + Duration::from_secs(written as u64) / u32::try_from(rate).unwrap_or(u32::MAX);
                    }
                    *pair.moved.lock().expect("the time") = now;
                    bytes.drain(..written);
                    if !bytes.is_empty() {
                        queue.push_front((due, bytes));
                    }
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    queue.push_front((due, bytes));
                    break;
                }
                Err(_) => {
                    pair.cut.store(true, Ordering::Relaxed);
                    break;
                }
            }
        }
        if ended && queue.is_empty() {
            let _ = sink.shutdown(Shutdown::Write);
            return;
        }
        if ended || held >= QUEUE {
            std::thread::sleep(Duration::from_millis(1));
            continue;
        }
        let pause =
            queue.front().map_or(TICK, |(due, _)| due.max(&budget).saturating_duration_since(Instant::now()));
        if !readable(source, pause.clamp(Duration::from_millis(1), TICK)) {
            continue;
        }
        match (&mut &*source).read(&mut buffer) {
            Ok(0) => ended = true,
            Ok(count) => {
                let latency = Duration::from_millis(orders.latency.load(Ordering::Relaxed));
                queue.push_back((Instant::now() + latency, buffer[..count].to_vec()));
                held += count;
                if from_cvm {
                    orders.bytes.fetch_add(count as u64, Ordering::Relaxed);
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => pair.cut.store(true, Ordering::Relaxed),
        }
    }
}

/// How many bytes a trickle lets through at once: a fiftieth of a second's worth.
fn at_once(rate: u64) -> usize {
    usize::try_from(rate / 50).unwrap_or(usize::MAX).max(1)
}

/// Whether a connection has moved nothing for longer than it may.
fn is_idle(pair: &Pair, orders: &Orders) -> bool {
    let limit = orders.idle.load(Ordering::Relaxed);
    limit > 0 && pair.moved.lock().expect("the time").elapsed() > Duration::from_millis(limit)
}

/// Waits until there is something to read or to accept; false if there is nothing in that time.
pub(super) fn readable(from: impl std::os::fd::AsFd, within: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let timeout = Timespec::try_from(within).expect("a short time");
    let mut wanted = [PollFd::new(&from, PollFlags::IN)];
    poll(&mut wanted, Some(&timeout)).is_ok_and(|ready| ready > 0)
}
