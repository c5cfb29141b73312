//! Criterion group `instantiate`: see `tollgate_benches::groups::instantiate`.

fn main() {
    tollgate_benches::criterion::run(tollgate_benches::groups::instantiate::cases());
}
