//! Follows each request to the last byte of its answer, and closes the connection when its body was not read to the end.
//!
//! The library reads the rest of a body in chunks that nobody wants for as long as the client sends it, so whoever trickles
//! would keep a connection for ever. It closes a connection whose body is still there, unread, as the answer ends.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::HttpMessage as _;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::middleware::Next;
use bytes::Bytes;
use futures::Stream;

use super::connection::{Answering, Phase};

/// A body of a request that the answer keeps, too.
#[derive(Clone)]
struct Kept(Rc<RefCell<Rest>>);

struct Rest {
    payload: Payload,
    ended: bool,
}

impl Stream for Kept {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut rest = self.0.borrow_mut();
        let next = Pin::new(&mut rest.payload).poll_next(context);
        rest.ended |= matches!(next, Poll::Ready(None));
        next
    }
}

/// The body of an answer, and what lasts as long as it does.
struct Lasting {
    body: BoxBody,
    _unread: Option<Kept>,
    _answering: Option<Answering>,
}

impl MessageBody for Lasting {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.get_mut().body.as_pin_mut().poll_next(context)
    }
}

/// Answers a request; what belongs to it ends with the last byte of the answer.
pub(super) async fn follow(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let answering = request.conn_data::<Rc<Phase>>().cloned().map(Phase::answering);
    let kept = match request.take_payload() {
        Payload::None => None,
        payload => Some(Kept(Rc::new(RefCell::new(Rest { payload, ended: false })))),
    };
    if let Some(kept) = &kept {
        request.set_payload(Payload::Stream { payload: Box::pin(kept.clone()) });
    }
    let response = next.call(request).await?;
    let unread = kept.filter(|kept| !kept.0.borrow().ended);
    Ok(response.map_body(|_, body| Lasting { body: body.boxed(), _unread: unread, _answering: answering }))
}
