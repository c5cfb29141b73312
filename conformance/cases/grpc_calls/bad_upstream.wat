;;! title = "Whom a call is for: the name of an upstream, or a message that names one; nobody is PARSE_FAILURE"
;;! spec = "proxy_grpc_call"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_grpc_call "nobody" "s" "m" {} "" 0}}
    {{proxy_grpc_stream "nobody" "s" "m" {}}}
    {{proxy_grpc_call "" "s" "m" {} "" 0}}
    {{proxy_grpc_call "\0a\06\0a\04none" "s" "m" {} "" 0}}
    {{proxy_grpc_call "\0a\06\0a\04aut" "s" "m" {} "" 0}}
    ;; google_grpc
    {{proxy_grpc_call "\12\06\0a\04auth" "s" "m" {} "" 0}}
    ;; envoy_grpc with an authority, a time-out that is not the call's, and metadata.
    {{proxy_grpc_call "\0a\0b\0a\04auth\12\03a:1\1a\02\08\05\2a\06\0a\01K\12\01v" "s" "m" {"own" "1"} "" 0}}
    {{proxy_grpc_stream "\0a\06\0a\04auth" "" "" {}}}
    {{CONTINUE}}))
