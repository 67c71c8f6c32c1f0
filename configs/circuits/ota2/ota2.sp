* The circuit of ota1 with longer and wider devices, for 30 uA: telescopic first stage and two common-source stages,
* fully differential, nested Miller compensation. IBIAS takes 30 uA.
* w is the width of one finger.
.subckt ota2 VDD VSS INP INM OUTP OUTM IBIAS VREF
* first stage
M1 cas1  INP   tail VSS sky130_fd_pr__nfet_01v8_lvt l=0.8u w=5u nf=10
M2 cas2  INM   tail VSS sky130_fd_pr__nfet_01v8_lvt l=0.8u w=5u nf=10
M3 one_m IBIAS cas1 VSS sky130_fd_pr__nfet_01v8_lvt l=0.6u w=2u nf=10
M4 one_p IBIAS cas2 VSS sky130_fd_pr__nfet_01v8_lvt l=0.6u w=2u nf=10
M5 one_m pcas  src1 VDD sky130_fd_pr__pfet_01v8_lvt l=0.6u w=3u nf=10
M6 one_p pcas  src2 VDD sky130_fd_pr__pfet_01v8_lvt l=0.6u w=3u nf=10
M7 src1  pbias VDD  VDD sky130_fd_pr__pfet_01v8     l=0.8u w=5u nf=3
M8 src2  pbias VDD  VDD sky130_fd_pr__pfet_01v8     l=0.8u w=5u nf=3
M9 tail  mean1 VSS  VSS sky130_fd_pr__nfet_01v8     l=1u w=3u nf=1
R1 one_m mean1 VSS  sky130_fd_pr__res_xhigh_po w=0.35u l=20u
R2 one_p mean1 VSS  sky130_fd_pr__res_xhigh_po w=0.35u l=20u
* second stage
M10 two_p one_m tail2 VDD sky130_fd_pr__pfet_01v8_lvt l=0.6u w=5u nf=8
M11 two_m one_p tail2 VDD sky130_fd_pr__pfet_01v8_lvt l=0.6u w=5u nf=8
M12 tail2 pbias VDD   VDD sky130_fd_pr__pfet_01v8     l=0.8u w=5u nf=12
M13 two_p mean2 VSS   VSS sky130_fd_pr__nfet_01v8     l=0.6u w=3u nf=4
M14 two_m mean2 VSS   VSS sky130_fd_pr__nfet_01v8     l=0.6u w=3u nf=4
R3  two_p mean2 VSS   sky130_fd_pr__res_xhigh_po w=0.35u l=10u
R4  two_m mean2 VSS   sky130_fd_pr__res_xhigh_po w=0.35u l=10u
* third stage
M15 OUTM two_p VSS VSS sky130_fd_pr__nfet_01v8 l=0.6u w=3u nf=12
M16 OUTP two_m VSS VSS sky130_fd_pr__nfet_01v8 l=0.6u w=3u nf=12
M17 OUTM pbias VDD VDD sky130_fd_pr__pfet_01v8 l=0.8u w=5u nf=9
M18 OUTP pbias VDD VDD sky130_fd_pr__pfet_01v8 l=0.8u w=5u nf=9
M19 OUTM cmctl VDD VDD sky130_fd_pr__pfet_01v8 l=0.8u w=5u nf=9
M20 OUTP cmctl VDD VDD sky130_fd_pr__pfet_01v8 l=0.8u w=5u nf=9
* compensation: across two stages, and across the third
C1  one_m  comp_p sky130_fd_pr__cap_mim_m3_1 w=24u l=24u
C2  one_p  comp_m sky130_fd_pr__cap_mim_m3_1 w=24u l=24u
C3  two_m  nest_p sky130_fd_pr__cap_mim_m3_1 w=22u l=22u
C4  two_p  nest_m sky130_fd_pr__cap_mim_m3_1 w=22u l=22u
R7  OUTP   comp_p VSS sky130_fd_pr__res_high_po w=1.41u l=3u
R8  OUTM   comp_m VSS sky130_fd_pr__res_high_po w=1.41u l=3u
R9  nest_p comp_p VSS sky130_fd_pr__res_high_po w=1.41u l=2u
R10 nest_m comp_m VSS sky130_fd_pr__res_high_po w=1.41u l=2u
* common mode of the outputs
M21 cmload mean3  cmtail VSS sky130_fd_pr__nfet_01v8_lvt l=0.6u w=1.5u nf=4
M22 cmctl  VREF   cmtail VSS sky130_fd_pr__nfet_01v8_lvt l=0.6u w=1.5u nf=4
M23 cmtail nbias  VSS    VSS sky130_fd_pr__nfet_01v8_lvt l=0.8u w=3u nf=4
M24 cmload cmload VDD    VDD sky130_fd_pr__pfet_01v8     l=0.8u w=2.5u nf=3
M25 cmctl  cmload VDD    VDD sky130_fd_pr__pfet_01v8     l=0.8u w=2.5u nf=3
R5  OUTP   mean3  VSS    sky130_fd_pr__res_xhigh_po w=0.35u l=10u
R6  OUTM   mean3  VSS    sky130_fd_pr__res_xhigh_po w=0.35u l=10u
* bias
M26 IBIAS IBIAS nbias VSS sky130_fd_pr__nfet_01v8_lvt l=0.8u w=3u nf=8
M27 nbias nbias VSS   VSS sky130_fd_pr__nfet_01v8_lvt l=0.8u w=3u nf=8
M28 pcas  nbias VSS   VSS sky130_fd_pr__nfet_01v8_lvt l=0.8u w=3u nf=8
M29 pcas  pcas  VDD   VDD sky130_fd_pr__pfet_01v8_lvt l=1u w=5u nf=1
M30 pbias nbias VSS   VSS sky130_fd_pr__nfet_01v8_lvt l=0.8u w=3u nf=8
M31 pbias pbias VDD   VDD sky130_fd_pr__pfet_01v8     l=0.8u w=5u nf=6
.ends ota2
