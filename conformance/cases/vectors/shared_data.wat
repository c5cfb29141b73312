;;! title = "The number for compare-and-swap counts up, 0 does not compare, and what is new is stored whatever is given"
;;! spec = "11. Checklist and test vectors"
;;! abi = ["0.2.1"]
;;! shows = ["vector/shared_data", "sdk/cas_0_does_not_compare"]
;;! vm = { vm_id = "vector" }
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_shared_data "k" "one" 0}}
    {{proxy_get_shared_data "k"}}
    {{proxy_set_shared_data "k" "two" 0}}
    {{proxy_set_shared_data "k" "three" 100}}
    {{proxy_get_shared_data "k"}}
    {{proxy_set_shared_data "k" "three" 2}}
    {{proxy_get_shared_data "k"}}
    {{proxy_set_shared_data "absent" "v" 77}}
    {{proxy_get_shared_data "absent"}}
    (i32.const 1)))
