//! Which file comes next.

use super::{Modified, Position, SeriesListing, Sibling};
use crate::batch::FileId;
use crate::cluster::target::RemotePath;

fn file(inode: u64, path: &str, modified: i64) -> Sibling {
    let path = RemotePath(path.as_bytes().to_vec());
    let id = FileId { device: 1, inode };
    Sibling { id, size: 100, modified: Modified(modified, 0), path, readable: true }
}

#[test]
fn a_packed_file_counts_once_the_file_it_is_made_of_is_gone() {
    let read =
        Position::new(FileId { device: 1, inode: 1 }, 9, RemotePath(b"/l/a.out.3".into()), Modified(1, 0));
    let live = file(9, "/l/a.out", 9);
    let (plain, packed) = (file(2, "/l/a.out.1", 5), file(3, "/l/a.out.1.gz", 4));
    let siblings = vec![file(1, "/l/a.out.3", 1), packed.clone(), plain.clone(), live.clone()];
    let packing = SeriesListing { live: Some(live.clone()), siblings, ..SeriesListing::default() };
    assert_eq!(packing.successor_of(&read, &[]), Some(plain));
    let siblings = vec![file(1, "/l/a.out.3", 1), packed.clone(), live.clone()];
    let done = SeriesListing { live: Some(live), siblings, ..SeriesListing::default() };
    assert_eq!(done.successor_of(&read, &[]), Some(packed));
}

#[test]
fn the_inode_number_of_a_file_that_was_packed_means_nothing_any_more() {
    let (packed, live) = (file(2, "/l/a.out.2.gz", 1), file(9, "/l/a.out", 9));
    let mut read =
        Position::new(FileId { device: 1, inode: 1 }, 9, RemotePath(b"/l/a.out.2".into()), Modified(1, 0));
    read.held_by = Some(packed.id);
    let reused = file(1, "/l/a.out.1.gz", 5);
    let siblings = vec![packed, reused.clone()];
    let listing = SeriesListing { live: Some(live), siblings, ..SeriesListing::default() };
    assert_eq!(listing.successor_of(&read, &[]), Some(reused));
}
