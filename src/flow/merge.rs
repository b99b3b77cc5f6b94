//! All streams of a run as one, in the order in which they are ready; some of them may rest.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::StreamExt as _;
use futures::stream::{FuturesUnordered, Stream, StreamFuture};

/// What is to become of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// It is read on.
    Read,
    /// It is left alone for now; what it has to say waits at its other end.
    Rest,
    /// It is dropped.
    Drop,
}

/// Streams with numbers.
#[derive(Debug)]
pub struct Merge<S> {
    /// Those that are read.
    awaited: FuturesUnordered<StreamFuture<Numbered<S>>>,
    /// Those that rest.
    resting: Vec<Numbered<S>>,
}

/// A stream and its number.
#[derive(Debug)]
struct Numbered<S> {
    /// The number.
    id: usize,
    /// The stream.
    stream: S,
}

impl<S: Stream + Unpin> Stream for Numbered<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.stream.poll_next_unpin(context)
    }
}

impl<S: Stream + Unpin> Merge<S> {
    /// Streams of which none is read yet.
    pub fn new(streams: impl IntoIterator<Item = (usize, S)>) -> Self {
        let resting = streams.into_iter().map(|(id, stream)| Numbered { id, stream }).collect();
        Self { awaited: FuturesUnordered::new(), resting }
    }

    /// Asks for each stream that rests, as each does after its item, what is to become of it.
    pub fn arrange(&mut self, mut wish: impl FnMut(usize) -> Wish) {
        let mut at = 0;
        while let Some(numbered) = self.resting.get(at) {
            match wish(numbered.id) {
                Wish::Read => self.awaited.push(self.resting.swap_remove(at).into_future()),
                Wish::Rest => at += 1,
                Wish::Drop => drop(self.resting.swap_remove(at)),
            }
        }
    }

    /// The next item of a stream that is read, with the stream's number; `None` in its place if that stream is
    /// over. `None` if no stream is read. May be cancelled.
    pub async fn next(&mut self) -> Option<(usize, Option<S::Item>)> {
        let (item, numbered) = self.awaited.next().await?;
        let id = numbered.id;
        if item.is_some() {
            self.resting.push(numbered);
        }
        Some((id, item))
    }

    /// Drops all streams.
    pub fn clear(&mut self) {
        self.awaited.clear();
        self.resting.clear();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use futures::stream;

    use super::{Merge, Wish};

    #[test]
    fn who_rests_is_not_read_and_who_is_dropped_is_gone() {
        let mut merge = Merge::new([(0, stream::iter(vec!['a', 'b'])), (1, stream::iter(vec!['c']))]);
        assert_eq!(merge.next().now_or_never(), Some(None));
        merge.arrange(|id| if id == 0 { Wish::Read } else { Wish::Rest });
        assert_eq!(merge.next().now_or_never(), Some(Some((0, Some('a')))));
        assert_eq!(merge.next().now_or_never(), Some(None));
        merge.arrange(|_| Wish::Read);
        let mut rest: Vec<_> = std::iter::from_fn(|| {
            let next = merge.next().now_or_never().flatten();
            merge.arrange(|_| Wish::Read);
            next
        })
        .collect();
        rest.sort_unstable();
        assert_eq!(rest, [(0, None), (0, Some('b')), (1, None), (1, Some('c'))]);

        let mut merge = Merge::new([(0, stream::iter(vec!['a']))]);
        merge.arrange(|_| Wish::Drop);
        merge.arrange(|_| Wish::Read);
        assert_eq!(merge.next().now_or_never(), Some(None));
    }
}
