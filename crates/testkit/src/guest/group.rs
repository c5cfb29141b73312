//! Groups of host functions, by what the table says of them.

use tollgate_abi::functions::Phase;
use tollgate_abi::{HostFunction, host_functions};

/// Functions that do not return to the guest.
const ENDING: &[&str] = &["abort", "proc_exit"];

/// The functions of a group in the order of the table; `None` if there is no such group.
///
/// | group | functions |
/// |---|---|
/// | `any` | all |
/// | `ending` | those that never return to the guest |
/// | `returning` | the others |
/// | `allowed_in_start`, `allowed_in_allocator` | of `returning`, those that may be called then |
/// | `restricted_in_start`, `restricted_in_allocator` | those that may not |
pub fn group(name: &str) -> Option<Vec<&'static HostFunction>> {
    let ends = |f: &HostFunction| ENDING.contains(&f.name);
    let belongs: &dyn Fn(&HostFunction) -> bool = match name {
        "any" => &|_| true,
        "ending" => &ends,
        "returning" => &|f| !ends(f),
        "allowed_in_start" => &|f| !ends(f) && f.phase <= Phase::Start,
        "allowed_in_allocator" => &|f| !ends(f) && f.phase <= Phase::Allocator,
        "restricted_in_start" => &|f| f.phase > Phase::Start,
        "restricted_in_allocator" => &|f| f.phase > Phase::Allocator,
        _ => return None,
    };
    Some(host_functions().filter(|f| belongs(f)).collect())
}

#[cfg(test)]
mod tests {
    use super::group;

    #[test]
    fn groups_cover_every_function_once() {
        let count = |name| group(name).unwrap().len();
        assert_eq!(count("returning") + count("ending"), count("any"));
        assert_eq!(count("allowed_in_start") + count("restricted_in_start"), count("returning"));
        assert_eq!(count("allowed_in_allocator") + count("restricted_in_allocator"), count("returning"));
        assert!(count("restricted_in_start") > 0 && count("allowed_in_allocator") > 0);
        assert!(group("nothing").is_none());
    }
}
