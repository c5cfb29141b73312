;;! title = "Calls are a plugin's own, though it shares the VM: another one can neither send nor cancel"
;;! spec = "proxy_grpc_cancel"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
;;! dialogue = [{ request = {} }, { grpc_close = { call = 1 } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (if (i32.eq (local.get $context_id) (i32.const 3)) (then
      {{proxy_grpc_stream "auth" "pkg.Svc" "Watch" {"x-a" "1"}}}
      (return {{CONTINUE}})))
    {{proxy_grpc_send 6 "m" 0}}
    {{proxy_grpc_close 6}}
    {{proxy_grpc_cancel 6}}
    {{CONTINUE}})
  (func {{export proxy_on_grpc_close}}
    {{proxy_get_status}}))
