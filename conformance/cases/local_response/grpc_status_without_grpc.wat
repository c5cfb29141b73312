;;! title = "On other requests the gRPC status does not matter"
;;! spec = "proxy_send_local_response"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_send_local_response 403 "" "no" "" 5}}
    {{CONTINUE}}))
