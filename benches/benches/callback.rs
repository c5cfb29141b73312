//! Criterion group `callback`: see `tollgate_benches::groups::callback`.

fn main() {
    tollgate_benches::criterion::run(tollgate_benches::groups::callback::cases());
}
