;;! title = "A plugin with a VM of its own goes on when another fails"
;;! spec = "failure_policy"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "first", failure_policy = "open", vm = { vm_id = "one" } }, { name = "second", vm = { vm_id = "two" } }]
;;! dialogue = [{ request = {} }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property "plugin_name"}}
    (if (i32.eq (i32.load8_u (i32.load (i32.const 0x10))) (i32.const 0x66)) (then (unreachable)))
    {{CONTINUE}})
  (func {{export proxy_on_log}}
    (nop)))
