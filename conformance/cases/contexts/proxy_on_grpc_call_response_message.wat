;;! title = "Every host function, called from proxy_on_grpc_call_response_message of the draft"
;;! spec = "8.6 Which function is useful in which context"
;;! abi = ["vnext"]
;;! each = ["returning", "each ending"]
;;! dialogue = [{ request = {} }, { grpc_message = { call = 1, data = "body" } }]
(module {{prelude}}
  (func {{export proxy_on_http_request_headers}}
    {{proxy_open_grpc_stream "auth" "pkg.Svc" "Watch"}}
    {{CONTINUE}})
  (func {{export proxy_on_grpc_call_response_message}}
    {{calls EACH}}))
