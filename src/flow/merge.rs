//! Merges all streams of a run in the order in which they are ready; individual streams can be paused.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::StreamExt as _;
use futures::stream::{FuturesUnordered, Stream, StreamFuture};

/// What to do with a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    Read,
    /// Do not read it for now; back-pressure holds its data on the CVM.
    Pause,
    /// Close it.
    Drop,
}

/// Streams, each with its number.
#[derive(Debug)]
pub struct Merge<S> {
    polled: FuturesUnordered<StreamFuture<Numbered<S>>>,
    paused: Vec<Numbered<S>>,
}

#[derive(Debug)]
struct Numbered<S> {
    id: usize,
    stream: S,
}

impl<S: Stream + Unpin> Stream for Numbered<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.stream.poll_next_unpin(context)
    }
}

impl<S: Stream + Unpin> Merge<S> {
    /// The streams start paused; [`arrange`](Self::arrange) starts to read them.
    pub fn new(streams: impl IntoIterator<Item = (usize, S)>) -> Self {
        let paused = streams.into_iter().map(|(id, stream)| Numbered { id, stream }).collect();
        Self { polled: FuturesUnordered::new(), paused }
    }

    /// Adds a stream, paused.
    pub fn push(&mut self, id: usize, stream: S) {
        self.paused.push(Numbered { id, stream });
    }

    /// Asks what to do with each paused stream; a stream is paused after each of its items.
    pub fn arrange(&mut self, mut demand: impl FnMut(usize) -> Demand) {
        let mut at = 0;
        while let Some(numbered) = self.paused.get(at) {
            match demand(numbered.id) {
                Demand::Read => self.polled.push(self.paused.swap_remove(at).into_future()),
                Demand::Pause => at += 1,
                Demand::Drop => drop(self.paused.swap_remove(at)),
            }
        }
    }

    /// The next item and the number of its stream, with `None` for the item at the end of that stream. `None` if no
    /// stream is being read. Cancel safe.
    pub async fn next(&mut self) -> Option<(usize, Option<S::Item>)> {
        let (item, numbered) = self.polled.next().await?;
        let id = numbered.id;
        if item.is_some() {
            self.paused.push(numbered);
        }
        Some((id, item))
    }

    /// Whether no stream is being read.
    pub fn is_idle(&self) -> bool {
        self.polled.is_empty()
    }

    pub fn clear(&mut self) {
        self.polled.clear();
        self.paused.clear();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use futures::stream;

    use super::{Demand, Merge};

    #[test]
    fn a_paused_stream_is_not_read_and_a_dropped_one_is_gone() {
        let mut merge = Merge::new([(0, stream::iter(vec!['a', 'b'])), (1, stream::iter(vec!['c']))]);
        assert_eq!(merge.next().now_or_never(), Some(None));
        merge.arrange(|id| if id == 0 { Demand::Read } else { Demand::Pause });
        assert_eq!(merge.next().now_or_never(), Some(Some((0, Some('a')))));
        assert_eq!(merge.next().now_or_never(), Some(None));
        merge.arrange(|_| Demand::Read);
        let mut rest: Vec<_> = std::iter::from_fn(|| {
            let next = merge.next().now_or_never().flatten();
            merge.arrange(|_| Demand::Read);
            next
        })
        .collect();
        rest.sort_unstable();
        assert_eq!(rest, [(0, None), (0, Some('b')), (1, None), (1, Some('c'))]);

        let mut merge = Merge::new([(0, stream::iter(vec!['a']))]);
        merge.arrange(|_| Demand::Drop);
        merge.arrange(|_| Demand::Read);
        assert_eq!(merge.next().now_or_never(), Some(None));
    }
}
