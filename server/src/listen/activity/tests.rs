use super::*;

const LIMITS: ConnectionLimits = ConnectionLimits {
    total: 1,
    per_address: 1,
    header: Duration::from_secs(10),
    body: Duration::from_secs(20),
    keep_alive: Duration::from_secs(75),
    write: Duration::from_secs(20),
};

fn pass(activity: &Activity, secs: u64) {
    activity.opened.ahead_ms.fetch_add(secs * 1000, Relaxed);
}

#[test]
fn head_must_arrive_within_its_timeout() {
    let activity = Arc::new(Activity::new());
    pass(&activity, 9);
    activity.read();
    assert_eq!((activity.overdue(&LIMITS), activity.state()), (None, ConnectionState::Fresh));
    pass(&activity, 2);
    assert_eq!(activity.overdue(&LIMITS), Some(Overdue::Header));
}

#[test]
fn next_head_is_timed_from_its_first_byte() {
    let activity = Arc::new(Activity::new());
    let request = activity.begin(false);
    pass(&activity, 3600);
    assert_eq!((activity.overdue(&LIMITS), activity.state()), (None, ConnectionState::Busy));
    drop(request);
    pass(&activity, 70);
    assert_eq!((activity.overdue(&LIMITS), activity.state()), (None, ConnectionState::Idle));
    activity.read();
    pass(&activity, 4);
    assert_eq!(activity.overdue(&LIMITS), None);
    pass(&activity, 7);
    activity.read();
    assert_eq!(activity.overdue(&LIMITS), Some(Overdue::Header));
}

#[test]
fn http2_frames_do_not_extend_keep_alive() {
    let activity = Arc::new(Activity::new());
    drop(activity.begin(true));
    for _ in 0..7 {
        activity.read();
        pass(&activity, 10);
        assert_eq!(activity.overdue(&LIMITS), None);
    }
    pass(&activity, 6);
    assert_eq!(activity.overdue(&LIMITS), Some(Overdue::KeepAlive));
}

#[test]
fn response_that_is_read_too_slowly_is_closed() {
    let activity = Arc::new(Activity::new());
    let _request = activity.begin(false);
    for _ in 0..20 {
        activity.blocked();
        assert_eq!(activity.overdue(&LIMITS), None);
        pass(&activity, 1);
        activity.wrote(10);
    }
    activity.blocked();
    pass(&activity, 1);
    assert_eq!(activity.overdue(&LIMITS), Some(Overdue::Write));
}

#[test]
fn closed_http2_window_counts_as_unread_response() {
    for (is_http2, overdue) in [(true, Some(Overdue::Write)), (false, None)] {
        let activity = Arc::new(Activity::new());
        let request = activity.begin(is_http2);
        for _ in 0..3 {
            request.offered();
            pass(&activity, 15);
            assert_eq!(activity.overdue(&LIMITS), None);
            request.taken();
            pass(&activity, 60);
            assert_eq!(activity.overdue(&LIMITS), None, "the next part is not there yet");
        }
        request.offered();
        pass(&activity, 21);
        assert_eq!(activity.overdue(&LIMITS), overdue);
    }
}

#[test]
fn request_that_waits_for_its_client_is_held_else_busy() {
    let activity = Arc::new(Activity::new());
    let request = activity.begin(false);
    let body = activity.receive();
    assert_eq!(activity.state(), ConnectionState::Busy, "the body may arrive at once");
    pass(&activity, 2);
    activity.read();
    assert_eq!(activity.state(), ConnectionState::Held, "single bytes do not complete a body");
    drop(body);
    assert_eq!(activity.state(), ConnectionState::Busy);
    activity.blocked();
    pass(&activity, 2);
    assert_eq!(activity.state(), ConnectionState::Held);
    activity.wrote(10);
    assert_eq!(activity.state(), ConnectionState::Busy);
    drop(request);
    assert_eq!(activity.state(), ConnectionState::Idle);

    let shared = Arc::new(Activity::new());
    let (_uploads, _works) = (shared.begin(true), shared.begin(true));
    let _body = shared.receive();
    pass(&shared, 2);
    assert_eq!(shared.state(), ConnectionState::Busy, "the other request is worked on");
}

#[test]
fn stalled_stream_times_out_despite_other_streams() {
    let activity = Arc::new(Activity::new());
    let (stalled, other) = (activity.begin(true), activity.begin(true));
    stalled.offered();
    for _ in 0..11 {
        other.offered();
        pass(&activity, 5);
        other.taken();
        assert_eq!(activity.overdue(&LIMITS), None);
    }
    pass(&activity, 6);
    assert_eq!(activity.overdue(&LIMITS), Some(Overdue::Write));
    drop(stalled);
}

#[test]
fn waiting_response_bytes_are_limited_by_connection_network_and_in_all() {
    let shared = || Shared { in_total: Arc::default(), of_network: Some(Arc::default()) };
    let activity = Arc::new(Activity::sharing(shared()));
    let (mut one, mut other) = (activity.begin(true), activity.begin(true));
    assert!(one.hold(MAX_UNREAD_BYTES - 10) && other.hold(10));
    assert!(one.hold(MAX_UNREAD_BYTES - 10) && !other.hold(11), "what is held already counts once");
    one.release(5);
    assert!(other.hold(15) && !other.hold(16));
    drop(one);
    assert!(other.hold(MAX_UNREAD_BYTES));
    drop(other);
    let of_network = shared();
    let held: Vec<_> = std::iter::repeat_with(|| Arc::new(Activity::sharing(of_network.clone())).begin(true))
        .map_while(|mut request| request.hold(MAX_UNREAD_BYTES).then_some(request))
        .collect();
    assert_eq!(held.len() * MAX_UNREAD_BYTES, MAX_UNREAD_BYTES_OF_NETWORK);
    let in_total = std::iter::repeat_with(|| {
        let shared = Shared { in_total: of_network.in_total.clone(), of_network: Some(Arc::default()) };
        Arc::new(Activity::sharing(shared)).begin(true)
    });
    let others: Vec<_> = in_total.map_while(|mut request| request.hold(MAX_UNREAD_BYTES).then_some(request)).collect();
    assert_eq!((held.len() + others.len()) * MAX_UNREAD_BYTES, MAX_UNREAD_BYTES_IN_TOTAL);
    drop((held, others));
    assert_eq!(of_network.in_total.load(Relaxed), 0);
    let through_a_proxy = Arc::new(Activity::sharing(Shared::default()));
    assert!(through_a_proxy.begin(true).hold(MAX_UNREAD_BYTES));
}

#[test]
fn slow_reader_and_quiet_stream_stay_open() {
    let slow = Arc::new(Activity::new());
    let _request = slow.begin(false);
    for _ in 0..300 {
        slow.blocked();
        pass(&slow, 1);
        assert_eq!(slow.overdue(&LIMITS), None);
        slow.wrote(2048);
    }
    let stream = Arc::new(Activity::new());
    let _request = stream.begin(false);
    for _ in 0..6 {
        stream.wrote(20);
        pass(&stream, 60);
        assert_eq!(stream.overdue(&LIMITS), None);
    }
}
