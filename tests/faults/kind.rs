//! The kinds of fault and the ways of a log's life.

use crate::world::rotate::{Packer, Rotation};

/// One kind of fault on the way to a CVM or on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// The connections are reset.
    Cut,
    /// Nothing comes through, for less time than a CVM is given.
    ShortSilence,
    /// Nothing comes through, for longer than a CVM is given.
    LongSilence,
    /// The cable is out for a while.
    Unplug,
    /// Every byte comes 200 ms late for a while.
    Latency,
    /// The relay cuts whoever is idle for 10 s, and the logs stand still for longer.
    IdleTen,
    /// The relay cuts whoever is idle for a moment, and the logs stand still for longer.
    IdleSoon,
    /// Bytes trickle for a while.
    Trickle,
    /// The sshd processes of the connections are killed.
    KillSessions,
    /// sshd is killed, and started again later.
    RestartSshd,
    /// sshd is frozen for a while, the services write on.
    FreezeSshd,
    /// All of the CVM is frozen for a while.
    FreezeCvm,
    /// The tails are killed.
    KillTails,
    /// All processes of the CVM are gone, it is away for a while and comes back.
    Reboot,
    /// Several rotations while the connection is away.
    RotationsInOutage,
    /// Rotations while the connection is made again.
    RotationInReconnect,
    /// A log grows by 100 MB while the connection is away.
    Growth,
}

impl Fault {
    /// All of them; cables are only had with namespaces.
    pub const ALL: [Self; 17] = [
        Self::Cut,
        Self::ShortSilence,
        Self::LongSilence,
        Self::Unplug,
        Self::Latency,
        Self::IdleTen,
        Self::IdleSoon,
        Self::Trickle,
        Self::KillSessions,
        Self::RestartSshd,
        Self::FreezeSshd,
        Self::FreezeCvm,
        Self::KillTails,
        Self::Reboot,
        Self::RotationsInOutage,
        Self::RotationInReconnect,
        Self::Growth,
    ];

    /// Those that break nothing for long: for a soak.
    pub const LIGHT: [Self; 6] =
        [Self::Cut, Self::ShortSilence, Self::Latency, Self::Trickle, Self::KillSessions, Self::KillTails];
}

/// One kind of fault on the machine of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Here {
    /// cvmtail is frozen for longer than a CVM is given.
    FreezeCvmtail,
    /// cvmtail is frozen for longer than the CVMs wait for its beats.
    FreezeLong,
    /// The ssh masters are killed.
    KillMasters,
    /// The laptop sleeps: all of it stands still, and the connections are dead when it wakes.
    Sleep,
    /// The reader of stdout stalls for a while.
    Stall,
}

impl Here {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::KillMasters, Self::FreezeCvmtail, Self::Stall, Self::Sleep, Self::FreezeLong];
}

/// How a log lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Life {
    /// Renamed, at once or with a late writer.
    Renamed,
    /// A glog series with a link.
    Linked,
    /// Copied and truncated.
    Copied,
    /// Truncated, its lines gone.
    Emptied,
    /// Deleted and created anew, its lines gone.
    Deleted,
    /// Copied, deleted, and created anew with the same inode number.
    Reused,
    /// Renamed, and packed meanwhile.
    Packed,
    /// Renamed, with long lines, and able to grow by 100 MB.
    Wide,
}

impl Life {
    /// All of them; the first of them first when there are few logs.
    pub const ALL: [Self; 8] = [
        Self::Renamed,
        Self::Linked,
        Self::Copied,
        Self::Packed,
        Self::Wide,
        Self::Reused,
        Self::Emptied,
        Self::Deleted,
    ];

    /// The rotations of such a log.
    pub const fn rotations(self) -> &'static [Rotation] {
        match self {
            Self::Renamed | Self::Wide => &[Rotation::Rename, Rotation::Late(40), Rotation::Late(400)],
            Self::Linked => &[Rotation::Link, Rotation::Late(40), Rotation::Late(400)],
            Self::Copied => &[Rotation::CopyTruncate],
            Self::Emptied => &[Rotation::Truncate],
            Self::Deleted => &[Rotation::Recreate],
            Self::Reused => &[Rotation::ReuseInode],
            Self::Packed => {
                &[Rotation::Rename, Rotation::Compress(Packer::Gzip), Rotation::Compress(Packer::Xz)]
            }
        }
    }

    /// True if no line of it may ever be lost.
    pub const fn is_strict(self) -> bool {
        matches!(self, Self::Renamed | Self::Linked | Self::Wide)
    }
}
