;;! title = "The draft: actions are those of 0.2.1 (bodies accumulate while held)"
;;! spec = "proxy_on_http_request_body"
;;! abi = ["vnext"]
;;! dialogue = [
;;!   { request = { method = "POST", body = ["one", "two"], trailers = [["t", "1"]] } },
;;!   { response = { body = ["three", "four"], end_alone = true } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_http_request_body}} {{PAUSE}})
  (func {{export proxy_on_http_request_trailers}}
    {{proxy_get_buffer HTTP_REQUEST_BODY 0 -1}}
    {{CONTINUE}})
  (func {{export proxy_on_http_response_body}}
    (if (i32.eqz (local.get $end_of_stream)) (then (return {{PAUSE}})))
    {{proxy_set_buffer HTTP_RESPONSE_BODY 0 -1 "five" 0}}
    {{CONTINUE}}))
