;;! title = "Every host function, called from proxy_on_grpc_call_response_header_metadata of the draft"
;;! spec = "8.6 Which function is useful in which context"
;;! abi = ["vnext"]
;;! each = ["returning", "each ending"]
;;! dialogue = [{ request = {} }, { grpc_initial_metadata = { call = 1, fields = [["x-name", "old"]] } }]
(module {{prelude}}
  (func {{export proxy_on_http_request_headers}}
    {{proxy_open_grpc_stream "auth" "pkg.Svc" "Watch"}}
    {{CONTINUE}})
  (func {{export proxy_on_grpc_call_response_header_metadata}}
    {{calls EACH}}))
