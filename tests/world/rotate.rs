//! How logs are rotated on real machines, and how that goes wrong.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::writer::Writer;

/// One way to rotate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rotation {
    /// Renamed, a new file created, the service writes there at once; for a glog series `Link`.
    Rename,
    /// Renamed and created, but the service writes this many more lines to the old file.
    Late(usize),
    /// A new file of the glog series, and the link re-pointed to it; for a plain file `Rename`.
    Link,
    /// Copied, then truncated in place.
    CopyTruncate,
    /// Truncated in place: its bytes are gone.
    Truncate,
    /// Removed and created anew: its bytes are gone, but for who has it open.
    Recreate,
    /// As `Rename`, and the rotated file packed at once.
    Compress(Packer),
    /// Copied, removed, and created anew with the same inode number where the file system allows.
    ReuseInode,
}

/// What packs a rotated file: `gz` on old releases, `xz` on new ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Packer {
    /// `gzip`.
    Gzip,
    /// `xz`.
    Xz,
}

impl Packer {
    /// Packs the file; it gets the packer's suffix.
    pub fn pack(self, file: &Path) {
        let program = match self {
            Self::Gzip => "gzip",
            Self::Xz => "xz",
        };
        let packed = Command::new(program).args(["-f", "--"]).arg(file).status();
        assert!(packed.is_ok_and(|status| status.success()), "{program} packs {}", file.display());
    }
}

impl Writer {
    /// Rotates the log; a line begun before is ended first.
    pub fn rotate(&mut self, rotation: Rotation) {
        self.end_line();
        self.ledger.open().rotations += 1;
        match rotation {
            Rotation::Rename | Rotation::Link => {
                self.move_on();
                self.reopen();
            }
            Rotation::Late(lines) => {
                self.move_on();
                if lines == 0 {
                    self.reopen();
                } else {
                    File::create(&self.current).expect("a new log");
                    self.late = Some(lines);
                }
            }
            Rotation::Compress(packer) => {
                self.disturb();
                self.move_on();
                self.reopen();
                self.pack_last(packer);
            }
            Rotation::CopyTruncate | Rotation::Truncate => {
                self.disturb();
                if rotation == Rotation::CopyTruncate {
                    self.copy();
                }
                self.file.set_len(0).expect("truncation");
                self.begin();
            }
            Rotation::Recreate => {
                self.disturb();
                fs::remove_file(&self.current).expect("the log");
                self.reopen();
            }
            Rotation::ReuseInode => {
                self.disturb();
                self.copy();
                self.reuse_inode();
                self.reopen();
            }
        }
    }

    /// Packs the rotated file that was rotated last.
    pub fn pack_last(&mut self, packer: Packer) {
        if let Some(last) = self.rotated.pop() {
            packer.pack(&last);
        }
    }

    /// Gives the log's name to a file yet to be created: renames the old one, or re-points the link.
    fn move_on(&mut self) {
        if self.glog {
            self.rotated.push(self.current.clone());
            self.current = self.glog_name();
            File::create(&self.current).expect("a new log");
            self.point_link();
        } else {
            let name = self.rotated_name();
            fs::rename(&self.current, &name).expect("the log");
            self.rotated.push(name);
        }
    }

    /// Copies the current file to the name of a rotated one.
    fn copy(&mut self) {
        let name = self.rotated_name();
        fs::copy(&self.current, &name).expect("room in /tmp");
        self.rotated.push(name);
    }

    /// Removes the current file and creates it until it has the old inode number, or a few times.
    fn reuse_inode(&mut self) {
        let inode = self.file.metadata().expect("an open file").ino();
        self.file = File::open("/dev/null").expect("/dev/null");
        fs::remove_file(&self.current).expect("the log");
        let spare = |n: usize| self.current.with_extension(format!("spare{n}"));
        for n in 0..32 {
            let file = File::create(spare(n)).expect("a new file");
            if file.metadata().expect("an open file").ino() == inode {
                fs::rename(spare(n), &self.current).expect("a rename");
                break;
            }
        }
        for n in 0..32 {
            let _ = fs::remove_file(spare(n));
        }
    }

    /// A time for a file's name: now, but later than every one given before.
    fn next_stamp(&mut self, form: &str) -> String {
        self.stamp = (self.stamp + 1).max(Timestamp::now().as_second());
        let time = Timestamp::from_second(self.stamp).expect("a time of this century");
        time.to_zoned(TimeZone::UTC).strftime(form).to_string()
    }

    /// `genesis.out.20230831-171521Z`, as the `.out` files of a CVM are rotated.
    fn rotated_name(&mut self) -> PathBuf {
        let stamp = self.next_stamp("%Y%m%d-%H%M%SZ");
        let name = self.current.file_name().expect("a name").to_string_lossy().into_owned();
        self.current.with_file_name(format!("{name}.{stamp}"))
    }

    /// `stargate.ntnx-a-cvm.nutanix.log.INFO.20190618-053640.3103`, the next file of a glog series.
    pub(super) fn glog_name(&mut self) -> PathBuf {
        let stamp = self.next_stamp("%Y%m%d-%H%M%S");
        let pid = 3_000 + self.seed.below(30_000);
        let name = self.log.file.file_name().expect("a name").to_string_lossy().into_owned();
        let (service, level) = name.rsplit_once('.').unwrap_or((&name, "INFO"));
        self.log.file.with_file_name(format!("{service}.ntnx-a-cvm.nutanix.log.{level}.{stamp}.{pid}"))
    }

    /// Points the log's name to the current file the way glog does: remove, then link by bare name.
    pub(super) fn point_link(&self) {
        let _ = fs::remove_file(&self.log.file);
        symlink(self.current.file_name().expect("a name"), &self.log.file).expect("a link");
    }
}
