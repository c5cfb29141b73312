;;! title = "A gRPC status of the plugin's own"
;;! spec = "proxy_send_local_response"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "POST", headers = [["content-type", "application/grpc"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_send_local_response 403 "" "100% no" {"x-by" "plugin"} 5}}
    {{CONTINUE}}))
