;;! title = "A plugin that is not done hears of its calls, and ends once it is; what is under way then is cancelled"
;;! spec = "proxy_done"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
;;! dialogue = [{ stop = "first" }, { http_call_response = { call = 1 } }, { http_call_response = { call = 2 } }]
(module {{prelude}}
  (func {{export proxy_on_done}}
    (if (i32.eq (local.get $context_id) (i32.const 1)) (then
      {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "goodbye" {} 1000}}
      {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "never heard of" {} 1000}}
      (return (i32.const 0))))
    (i32.const 1))
  (func {{export proxy_on_http_call_response}}
    {{proxy_done}})
  (func {{export proxy_on_delete}}
    (nop)))
