use axum::http::{Method, StatusCode};

use super::*;

fn webhook(headers: &[(&str, &str)], bytes: usize) -> Request {
    let mut request = Request::builder().method(Method::POST).uri("/webhooks/billing/stripe");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(vec![b'x'; bytes])).unwrap()
}

async fn read(request: Request) -> Result<usize, StatusCode> {
    let bodies = BodyReader::new(Duration::from_secs(10));
    match bodies.read_whole(request).await {
        Ok(request) => Ok(request.into_body().collect().await.unwrap().to_bytes().len()),
        Err(error) => Err(error.status()),
    }
}

#[tokio::test]
async fn unsigned_webhook_is_read_up_to_the_small_limit() {
    for name in SIGNATURES {
        assert_eq!(read(webhook(&[(name, "t=1,v1=00")], MAX_BATCH_BYTES)).await, Ok(MAX_BATCH_BYTES));
    }
    assert_eq!(read(webhook(&[], SMALL_BYTES)).await, Ok(SMALL_BYTES));
    assert_eq!(read(webhook(&[], SMALL_BYTES + 1)).await, Err(StatusCode::BAD_REQUEST));
    let declared = webhook(&[("content-length", "1000000")], 0);
    assert_eq!(read(declared).await, Err(StatusCode::BAD_REQUEST), "refused before it arrives");
    assert_eq!(read(webhook(&[], MAX_BATCH_BYTES + 1)).await, Err(StatusCode::PAYLOAD_TOO_LARGE));
}

#[tokio::test]
async fn buffer_grows_with_the_body_up_to_its_declared_length() {
    let bodies = BodyReader::new(Duration::from_secs(10));
    for (declared, chunks) in [(100_000, 10), (0, 10), (100_001, 10)] {
        let parts = futures::stream::iter((0..chunks).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 10_000])));
        let limit = ReadLimit { declared, most: MAX_JSON_BYTES, is_unsigned: false };
        let kept = bodies.read(Body::from_stream(parts), limit, None).await.unwrap();
        assert_eq!(kept.len(), 100_000);
        assert!(kept.capacity() <= if declared > 0 { declared } else { MAX_JSON_BYTES }, "{}", kept.capacity());
    }
}

fn form(path: &str, content_type: &str, body: Vec<u8>) -> Request {
    let request = Request::builder().method(Method::POST).uri(path).header(header::CONTENT_TYPE, content_type);
    request.body(Body::from(body)).unwrap()
}

#[tokio::test]
async fn only_the_form_with_a_file_may_be_multipart() {
    const UPLOAD: &str = "/rpc/operator-upload-import";
    let multipart = b"--x\r\ncontent-disposition: form-data; name=\"csv\"\r\n\r\na,b\r\n--x--\r\n".to_vec();
    let content_type = "multipart/form-data; boundary=x";
    assert_eq!(read(form(UPLOAD, content_type, multipart.clone())).await, Ok("csv=a%2Cb".len()));
    assert_eq!(read(form("/rpc/login", content_type, multipart)).await, Err(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    assert_eq!(read(form(UPLOAD, FORM, b"csv=a".to_vec())).await, Ok("csv=a".len()));
    // Only an operator's file may be larger than other forms.
    let large = vec![b'x'; MAX_FORM_BYTES + 1];
    assert_eq!(read(form(UPLOAD, content_type, large)).await, Err(StatusCode::PAYLOAD_TOO_LARGE));
}
