//! One filter's place in one direction of a stream: what it has seen, what it holds, what it may touch.
//!
//! ```text
//!             headers callback                body callbacks             trailers callback
//! NotSeen ----> Open ---- Continue ----> Passed ... data flows ... ----> Open ----> Passed
//!                |                          |
//!                | stop                     | stop
//!                v                          v
//!          hold = AllBuffer,          hold = Iteration       (resume, or a Continue from a later callback,
//!          AllWatermark, Iteration                            lets go of everything held)
//! ```
//!
//! No guest is called here; [`super::drive`] does that.

use super::status::{BodyStatus, HeadersStatus, TrailersStatus};
use crate::buffer::Buffer;

/// Where headers or trailers are, seen from a filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Progress {
    /// They have not come to this filter.
    #[default]
    NotSeen,
    /// In the filter's callback, or held by it: it may change them.
    Open,
    /// They have gone on.
    Passed,
}

/// What a filter holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Everything after the headers, unseen; past the limit the stream fails.
    AllBuffer,
    /// Everything after the headers, unseen; past the limit the sender waits.
    AllWatermark,
    /// What it has seen; callbacks go on.
    Iteration,
}

/// A part of a message on its way through the chain.
#[derive(Debug)]
pub(crate) enum Part {
    Headers { end_of_stream: bool },
    Body { data: Buffer, end_of_stream: bool },
    Trailers,
}

/// What a filter lets go of at once, in this order.
#[derive(Debug, Default)]
pub(crate) struct Released {
    /// Headers; whether they end the stream.
    pub(crate) headers: Option<bool>,
    /// Body; whether it ends the stream.
    pub(crate) body: Option<(Buffer, bool)>,
    pub(crate) trailers: bool,
}

impl Released {
    /// The only part that is let go of, which is the common case; itself if there are several or none.
    pub(crate) fn into_part(mut self) -> Result<Part, Self> {
        match (self.headers, self.body.take(), self.trailers) {
            (Some(end_of_stream), None, false) => Ok(Part::Headers { end_of_stream }),
            (None, Some((data, end_of_stream)), false) => Ok(Part::Body { data, end_of_stream }),
            (None, None, true) => Ok(Part::Trailers),
            (_, body, _) => Err(Self { body, ..self }),
        }
    }
}

/// One filter's place in one direction.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    pub(crate) headers: Progress,
    pub(crate) trailers: Progress,
    pub(crate) hold: Option<Hold>,
    /// What the plugin reads and writes as the body, while `body_open`.
    pub(crate) body: Buffer,
    /// Whether the plugin may touch `body`.
    pub(crate) body_open: bool,
    /// The plugin has changed the body.
    pub(crate) edited: bool,
    /// Whether trailers may be made: the last body callback runs, or has stopped the stream.
    pub(crate) last_body: bool,
    /// Kept, but not shown in the next callback (status 2).
    kept: Buffer,
    /// Came while everything is held; no callback has seen it.
    unseen: Buffer,
    unseen_end: bool,
    unseen_trailers: bool,
    /// The next body callback shows what `body` holds as well.
    accumulate: bool,
    /// The end of the body (or of the headers, if there is none) has come to this filter.
    end_seen: bool,
    /// ... and has gone on.
    end_passed: bool,
    /// A piece of the body has come: the buffers may not be empty.
    has_body: bool,
}

impl Stage {
    /// Headers arrive.
    pub(crate) fn open_headers(&mut self, end_of_stream: bool) {
        self.headers = Progress::Open;
        self.end_seen = end_of_stream;
    }

    /// The headers callback has answered. True if the headers go on.
    pub(crate) fn close_headers(&mut self, status: HeadersStatus) -> bool {
        self.hold = match status {
            HeadersStatus::Continue => {
                self.headers = Progress::Passed;
                self.end_passed = self.end_seen;
                return true;
            }
            HeadersStatus::StopIteration => Some(Hold::Iteration),
            HeadersStatus::StopAllIterationAndBuffer => Some(Hold::AllBuffer),
            HeadersStatus::StopAllIterationAndWatermark => Some(Hold::AllWatermark),
        };
        false
    }

    /// Whether parts are to be put aside without a callback.
    fn holds_all(&self) -> bool {
        matches!(self.hold, Some(Hold::AllBuffer | Hold::AllWatermark))
    }

    /// A piece of the body arrives at a filter without a callback for it. If nothing is held it goes on at once: whether it
    /// ends the stream. `None` if it has to take the long way.
    pub(crate) fn pass_body(&mut self, end_of_stream: bool) -> Option<bool> {
        if self.hold.is_some() || self.headers != Progress::Passed || !self.kept.is_empty() {
            return None;
        }
        self.end_seen |= end_of_stream;
        let ends = self.end_seen && !self.end_passed;
        self.end_passed |= ends;
        Some(ends)
    }

    /// A piece of the body arrives. False if it has been put aside; otherwise [`Self::body`] is what the callback sees.
    pub(crate) fn open_body(&mut self, mut data: Buffer, end_of_stream: bool) -> bool {
        self.end_seen |= end_of_stream;
        self.has_body = true;
        if self.holds_all() {
            self.unseen.append(&mut data);
            self.unseen_end |= end_of_stream;
            return false;
        }
        if self.accumulate {
            self.body.append(&mut data);
        } else {
            self.body = data;
        }
        self.body_open = true;
        self.last_body = end_of_stream;
        true
    }

    /// The body callback has answered. `made_trailers`: it has made trailers, which now end the stream.
    pub(crate) fn close_body(&mut self, status: BodyStatus, made_trailers: bool) -> Option<Released> {
        self.last_body &= !made_trailers && status != BodyStatus::Continue;
        if made_trailers {
            self.trailers = Progress::Open;
        }
        match status {
            BodyStatus::Continue => {
                self.kept.append(&mut self.body);
                return Some(self.release(true));
            }
            BodyStatus::StopIterationAndBuffer => {
                // What was kept before comes first.
                self.kept.append(&mut self.body);
                self.body = self.kept.take();
                self.accumulate = true;
            }
            BodyStatus::StopIterationAndWatermark => {
                self.kept.append(&mut self.body);
                self.body_open = false;
                self.accumulate = false;
            }
            BodyStatus::StopIterationNoBuffer => {
                if !self.accumulate {
                    self.edited |= !self.body.is_empty();
                    self.body.take();
                    self.body_open = false;
                }
            }
        }
        self.hold = Some(Hold::Iteration);
        None
    }

    /// Trailers arrive. False if they have been put aside.
    pub(crate) fn open_trailers(&mut self) -> bool {
        self.end_seen = true;
        if self.holds_all() {
            self.unseen_trailers = true;
            return false;
        }
        self.trailers = Progress::Open;
        true
    }

    /// The trailers callback has answered.
    pub(crate) fn close_trailers(&mut self, status: TrailersStatus) -> Option<Released> {
        match status {
            TrailersStatus::Continue => {
                self.kept.append(&mut self.body);
                Some(self.release(false))
            }
            TrailersStatus::StopIteration => {
                self.hold = Some(Hold::Iteration);
                None
            }
        }
    }

    /// Lets go of what the filter has seen and holds. `body`: a body part is due even if it is empty.
    fn release(&mut self, body: bool) -> Released {
        self.hold = None;
        self.accumulate = false;
        self.body_open = false;
        self.last_body = false;
        let headers = self.headers == Progress::Open;
        self.headers = Progress::Passed;
        let trailers = self.trailers == Progress::Open;
        if trailers {
            self.trailers = Progress::Passed;
        }
        let data = self.kept.take();
        let ends = self.end_seen && !self.end_passed && !trailers;
        // Headers that alone are the message say so themselves.
        let headers_end = headers && ends && !body && data.is_empty();
        let due = !headers_end && (body || !data.is_empty() || ends);
        self.end_passed |= ends || trailers;
        Released { headers: headers.then_some(headers_end), body: due.then_some((data, ends)), trailers }
    }

    /// Resumes. `None` if nothing is held; otherwise what goes on at once, and what the filter itself has yet to see.
    pub(crate) fn resume(&mut self) -> Option<(Released, Unseen)> {
        if self.holds_all() {
            self.hold = None;
            self.headers = Progress::Passed;
            let unseen = Unseen {
                body: (!self.unseen.is_empty() || self.unseen_end).then(|| (self.unseen.take(), self.unseen_end)),
                trailers: std::mem::take(&mut self.unseen_trailers),
            };
            self.unseen_end = false;
            let ends = self.end_seen && unseen.body.is_none() && !unseen.trailers;
            self.end_passed |= ends;
            // What is unseen comes again, and brings the end with it: a body before trailers is not the end.
            self.end_seen = ends;
            return Some((Released { headers: Some(ends), ..Released::default() }, unseen));
        }
        self.hold?;
        self.kept.append(&mut self.body);
        Some((self.release(false), Unseen::default()))
    }

    /// Bytes held that count against the limit, and whether passing it fails the stream rather than making the sender
    /// wait.
    pub(crate) fn held(&self) -> (usize, bool) {
        match self.hold {
            Some(Hold::AllBuffer) => (self.unseen.len(), true),
            Some(Hold::AllWatermark) => (self.unseen.len(), false),
            Some(Hold::Iteration) if self.accumulate => (self.body.len(), true),
            Some(Hold::Iteration) => (self.kept.len(), false),
            None => (0, false),
        }
    }

    /// Forgets everything held.
    pub(crate) fn clear(&mut self) {
        self.hold = None;
        self.body_open = false;
        self.accumulate = false;
        self.unseen_end = false;
        self.unseen_trailers = false;
        // Most streams of most plugins have none; then the buffers are not even looked at.
        if std::mem::take(&mut self.has_body) {
            for buffer in [&mut self.body, &mut self.kept, &mut self.unseen] {
                buffer.clear();
            }
        }
    }

    /// Makes it as new, for another stream.
    pub(crate) fn reset(&mut self) {
        self.clear();
        let Self { headers, trailers, edited, last_body, end_seen, end_passed, .. } = self;
        (*headers, *trailers) = (Progress::NotSeen, Progress::NotSeen);
        (*edited, *last_body, *end_seen, *end_passed) = (false, false, false, false);
    }
}

/// What came while a filter held everything: it gets its callbacks now.
#[derive(Debug, Default)]
pub(crate) struct Unseen {
    pub(crate) body: Option<(Buffer, bool)>,
    pub(crate) trailers: bool,
}

#[cfg(test)]
mod tests {
    use super::{Progress, Released, Stage};
    use crate::buffer::Buffer;
    use crate::stream::status::{BodyStatus, HeadersStatus, TrailersStatus};
    use bytes::Bytes;

    fn data(text: &'static str) -> Buffer {
        Bytes::from_static(text.as_bytes()).into()
    }

    fn body(released: Option<Released>) -> (String, bool) {
        let (buffer, end) = released.unwrap().body.unwrap();
        (String::from_utf8(buffer.range(0, usize::MAX).to_vec()).unwrap(), end)
    }

    fn passed() -> Stage {
        let mut stage = Stage::default();
        stage.open_headers(false);
        assert!(stage.close_headers(HeadersStatus::Continue));
        stage
    }

    #[test]
    fn a_body_without_a_callback_goes_on_and_ends_once() {
        let mut stage = passed();
        assert_eq!(
            (stage.pass_body(false), stage.pass_body(true), stage.pass_body(true)),
            (Some(false), Some(true), Some(false))
        );
        let mut stage = Stage::default();
        stage.open_headers(false);
        stage.close_headers(HeadersStatus::StopIteration);
        assert_eq!(stage.pass_body(true), None);
    }

    #[test]
    fn buffering_accumulates_and_continue_lets_all_go() {
        let mut stage = passed();
        for (piece, seen) in [("01234", 5), ("56789", 10)] {
            assert!(stage.open_body(data(piece), false));
            assert_eq!(stage.body.len(), seen);
            assert!(stage.close_body(BodyStatus::StopIterationAndBuffer, false).is_none());
        }
        assert!(stage.open_body(Buffer::new(), true));
        assert_eq!(stage.body.len(), 10);
        assert_eq!(body(stage.close_body(BodyStatus::Continue, false)), ("0123456789".to_owned(), true));
    }

    #[test]
    fn watermark_keeps_but_shows_only_the_new_piece() {
        let mut stage = passed();
        stage.open_body(data("ab"), false);
        assert!(stage.close_body(BodyStatus::StopIterationAndWatermark, false).is_none());
        stage.open_body(data("cd"), true);
        assert_eq!(stage.body.len(), 2);
        assert_eq!(body(stage.close_body(BodyStatus::Continue, false)), ("abcd".to_owned(), true));
    }

    #[test]
    fn no_buffer_drops_the_piece() {
        let mut stage = passed();
        stage.open_body(data("ab"), false);
        assert!(stage.close_body(BodyStatus::StopIterationNoBuffer, false).is_none());
        stage.open_body(data("cd"), true);
        assert_eq!(body(stage.close_body(BodyStatus::Continue, false)), ("cd".to_owned(), true));
    }

    #[test]
    fn an_end_swallowed_by_no_buffer_is_sent_on_resume() {
        let mut stage = passed();
        stage.open_body(data("ab"), true);
        assert!(stage.close_body(BodyStatus::StopIterationNoBuffer, false).is_none());
        let (released, _) = stage.resume().unwrap();
        assert_eq!(body(Some(released)), (String::new(), true));
    }

    #[test]
    fn what_came_while_all_was_held_is_unseen_until_resumed() {
        let mut stage = Stage::default();
        stage.open_headers(false);
        assert!(!stage.close_headers(HeadersStatus::StopAllIterationAndWatermark));
        assert!(!stage.open_body(data("ab"), false));
        assert!(!stage.open_body(data("cd"), true));
        assert_eq!(stage.held(), (4, false));
        let (released, unseen) = stage.resume().unwrap();
        assert_eq!(released.headers, Some(false));
        let (buffer, end) = unseen.body.unwrap();
        assert_eq!((buffer.len(), end), (4, true));
        assert!(stage.open_body(buffer, end));
        assert_eq!(body(stage.close_body(BodyStatus::Continue, false)), ("abcd".to_owned(), true));
    }

    #[test]
    fn a_body_that_waited_before_trailers_does_not_end_the_stream() {
        let mut stage = Stage::default();
        stage.open_headers(false);
        stage.close_headers(HeadersStatus::StopAllIterationAndWatermark);
        assert!(!stage.open_body(data("ab"), false));
        assert!(!stage.open_trailers());
        let (_, unseen) = stage.resume().unwrap();
        let (buffer, end) = unseen.body.unwrap();
        assert!(stage.open_body(buffer, end));
        assert_eq!(body(stage.close_body(BodyStatus::Continue, false)), ("ab".to_owned(), false));
        assert!(unseen.trailers && stage.open_trailers());
        let released = stage.close_trailers(TrailersStatus::Continue).unwrap();
        assert!(released.trailers && released.body.is_none());
    }

    #[test]
    fn held_headers_that_are_the_whole_message_end_it_when_resumed() {
        let mut stage = Stage::default();
        stage.open_headers(true);
        stage.close_headers(HeadersStatus::StopAllIterationAndWatermark);
        let (released, unseen) = stage.resume().unwrap();
        assert_eq!(released.headers, Some(true));
        assert!(released.body.is_none() && unseen.body.is_none());
        assert!(stage.resume().is_none());
    }

    #[test]
    fn literal_stop_iteration_is_released_by_the_body_callback() {
        let mut stage = Stage::default();
        stage.open_headers(false);
        assert!(!stage.close_headers(HeadersStatus::StopIteration));
        assert!(stage.open_body(data("ab"), true));
        let released = stage.close_body(BodyStatus::Continue, false).unwrap();
        assert_eq!(released.headers, Some(false));
        assert_eq!(body(Some(released)), ("ab".to_owned(), true));
    }

    #[test]
    fn trailers_let_a_held_body_go_before_them() {
        let mut stage = passed();
        stage.open_body(data("ab"), false);
        stage.close_body(BodyStatus::StopIterationAndBuffer, false);
        assert!(stage.open_trailers());
        let released = stage.close_trailers(TrailersStatus::Continue).unwrap();
        assert!(released.trailers);
        assert_eq!(stage.trailers, Progress::Passed);
        assert_eq!(body(Some(released)), ("ab".to_owned(), false));
    }

    #[test]
    fn trailers_made_in_the_last_body_callback_end_the_stream_instead_of_it() {
        let mut stage = passed();
        stage.open_body(data("ab"), true);
        let released = stage.close_body(BodyStatus::Continue, true).unwrap();
        assert!(released.trailers);
        assert_eq!(body(Some(released)), ("ab".to_owned(), false));
    }

    #[test]
    fn resuming_what_is_not_held_does_nothing() {
        let mut stage = passed();
        assert!(stage.resume().is_none());
        stage.open_body(data("ab"), false);
        stage.close_body(BodyStatus::Continue, false);
        assert!(stage.resume().is_none());
    }
}
