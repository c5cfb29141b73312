;;! title = "Every host function, called while one plugin is configured, on behalf of another of the same VM"
;;! spec = "8.5 `proxy_set_effective_context`"
;;! abi = ["0.2.1"]
;;! each = ["returning"]
;;! plugin = [{ name = "first", root_id = "one", configuration = "of the first" }, { name = "second", root_id = "two", configuration = "of the second" }]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    (if (i32.eq (local.get $plugin_context_id) (i32.const 1)) (then (return (i32.const 1))))
    {{proxy_set_effective_context 1}}
    {{calls EACH context_id=1}}
    (i32.const 1)))
