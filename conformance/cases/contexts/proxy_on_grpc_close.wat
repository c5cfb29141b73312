;;! title = "Every host function, called from proxy_on_grpc_close"
;;! spec = "8.6 Which function is useful in which context"
;;! abi = ["0.2.1"]
;;! each = ["returning", "each ending"]
;;! dialogue = [{ request = {} }, { grpc_close = { call = 1, status = 5, message = "none" } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_grpc_stream "auth" "pkg.Svc" "Watch" {"x-a" "1"}}}
    {{CONTINUE}})
  (func {{export proxy_on_grpc_close}}
    {{calls EACH}}))
