//! Criterion group `trace`: see `tollgate_benches::groups::trace`.

fn main() {
    tollgate_benches::criterion::run(tollgate_benches::groups::trace::cases());
}
