//! Criterion group `hostcall`: see `tollgate_benches::groups::hostcall`.

fn main() {
    tollgate_benches::criterion::run(tollgate_benches::groups::hostcall::cases());
}
